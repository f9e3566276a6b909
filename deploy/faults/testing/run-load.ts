import { isEnd, RequestRecord, SubmitAnswer } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import { type Aftermath, breaches, type Told } from '#lib/testing/history.ts'
import type { Stack } from '../../local/stack.ts'
import { counts, type signIn } from '../../local/testing/stack.ts'

/** No answer of the intake may take longer than its deadline for Redis, and a little for the machine. */
export const answerWithinMs = 4_000

/** A lost worker's requests are taken over soon, and so is a write settled that may have landed. */
export const shortWaits = { LEASE_MS: '1500', LIMITER_MARGIN_MS: '0', TEBRA_TIMEOUT_MS: '3000' }

const firstStart = Date.parse('2027-03-01T14:00:00Z')
let made = 0

/** A front desk that keeps submitting reads and writes while a fault happens, and remembers what it was told. */
export interface Load {
  readonly told: readonly Told[]
  accepted(): number
  refused(): readonly (Told & { kind: 'refused' })[]
  /** Stops submitting and resolves when nothing is on its way. */
  stop(): Promise<void>
}

type Desk = Awaited<ReturnType<typeof signIn>>

export function startLoad(stack: Stack, desk: Desk, everyMs = 40): Load {
  const told: Told[] = []
  const under = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const sent = submit(stack, desk).then((answer) => {
      told.push(answer)
      under.delete(sent)
    })
    under.add(sent)
  }, everyMs)
  return {
    told,
    accepted: () => told.filter(({ kind }) => kind === 'accepted').length,
    refused: () => told.filter((one) => one.kind === 'refused'),
    async stop() {
      clearInterval(timer)
      await Promise.all(under)
    },
  }
}

/** Statuses of refusals that say something else than: try again later. */
export const oddRefusals = (load: Load): number[] => [
  ...new Set(
    load
      .refused()
      .map(({ status }) => status)
      .filter((status) => status !== 503),
  ),
]

/** One submission, every second one a write of an appointment that no other submission asks for. */
export async function submit(stack: Stack, desk: Desk): Promise<Told> {
  made += 1
  const start = new Date(firstStart + made * 3_600_000).toISOString().replace('.000Z', 'Z')
  const end = new Date(firstStart + made * 3_600_000 + 1_800_000).toISOString().replace('.000Z', 'Z')
  const patientId = String(10_001 + (made % 20))
  const writes = made % 2 === 0
  const body = writes
    ? { action: 'createAppointment', params: { patientId, providerId: '101', locationId: '11', start, end } }
    : { action: 'getPractices', params: {} }
  const startedAt = performance.now()
  const since = () => performance.now() - startedAt
  try {
    const answer = await fetch(`${stack.baseUrl}/tebra/requests`, {
      method: 'POST',
      headers: { ...desk.headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    })
    if (answer.status !== 202) return { kind: 'refused', status: answer.status, tookMs: since() }
    const { id } = SubmitAnswer.parse(await answer.json())
    return { kind: 'accepted', id, ...(writes && { naturalKey: `${patientId} ${start} 101` }) }
  } catch {
    return { kind: 'silent', tookMs: since() }
  }
}

/** Waits until every accepted request that is still there has ended; then tells what was broken, best nothing. */
export async function brokenPromises(stack: Stack, desk: Desk, load: Load): Promise<string[]> {
  const ids = load.told.flatMap((one) => (one.kind === 'accepted' ? [one.id] : []))
  const records = new Map<string, RequestRecord>()
  await until(
    'every accepted request has ended',
    async () => {
      const open = ids.filter((id) => !isEnd(records.get(id)?.status ?? 'pending'))
      const read = await Promise.all(open.slice(0, 20).map((id) => recordOf(stack, desk, id)))
      for (const record of read) if (record) records.set(record.id, record)
      return open.length === 0
    },
    45_000,
  ).catch(() => {})
  const after: Aftermath = { records, writes: (await counts(stack)).writes.byNaturalKey }
  const broken = breaches(load.told, after)
  return broken.length === 0 ? [] : [...broken, ...(await story(stack, load, records, broken))]
}

/** How the broken ones went, step by step and call by call: a fault that happened once may not come again. */
async function story(
  stack: Stack,
  load: Load,
  records: ReadonlyMap<string, RequestRecord>,
  broken: readonly string[],
): Promise<string[]> {
  const calls = (await (await fetch(`${stack.simulatorUrl}/control/calls`)).json()) as UpstreamCall[]
  return load.told.flatMap((one) => {
    if (one.kind !== 'accepted') return []
    const [patient, start] = one.naturalKey?.split(' ') ?? []
    if (!broken.some((line) => line.startsWith(one.id) || line.startsWith(one.naturalKey ?? '-'))) return []
    const record = records.get(one.id)
    const concerned = calls.filter(
      (call) =>
        call.correlationId === record?.correlationId || (call.patientId === patient && call.start === start),
    )
    return [...(record?.timeline ?? []), ...concerned].map((step) => JSON.stringify(step))
  })
}

interface UpstreamCall {
  readonly correlationId?: string
  readonly patientId?: string
  readonly start?: string
}

async function recordOf(stack: Stack, desk: Desk, id: string): Promise<RequestRecord | undefined> {
  const answer = await fetch(`${stack.baseUrl}/tebra/requests/${id}`, { headers: desk.headers })
  return answer.ok ? RequestRecord.parse(await answer.json()) : undefined
}

/** What each service says of itself now; 0 where it does not answer. */
export async function readiness(stack: Stack): Promise<Record<string, number>> {
  const asked = Object.entries(stack.urls).map(async ([name, url]) => {
    const status = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) }).then(
      (answer) => answer.status,
      () => 0,
    )
    return [name, status] as const
  })
  return Object.fromEntries(await Promise.all(asked))
}

export const untilReadiness = (stack: Stack, status: 200 | 503, timeoutMs = 20_000): Promise<void> =>
  until(
    `every service says ${status}`,
    async () => Object.values(await readiness(stack)).every((seen) => seen === status),
    timeoutMs,
  )

/** The processes that have ended although nobody ended them. */
export async function crashed(stack: Stack): Promise<string[]> {
  const seen = [...stack.processes].filter(([, child]) => child.process.exitCode !== null)
  return seen.map(([name]) => name)
}
