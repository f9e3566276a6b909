import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventConnection } from '#lib/client/event-connection.ts'
import { TebraClient } from '#lib/client/tebra-client.ts'
import type { Role } from '#lib/contract/permissions.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { LoginAnswer } from '#lib/contract/session.ts'
import { until } from '#lib/processes/wait.ts'
import { lavishRates } from '#lib/testing/lavish-rates.ts'
import { type Stack, type StackOptions, startStack } from '../stack.ts'

/**
 * A stack in a folder of its own, without rate limits, and its removal; the last lines are told when it does not come
 * up.
 */
export async function startTestStack(
  env: Record<string, string> = {},
  startRedis?: StackOptions['startRedis'],
  port?: number,
) {
  const folder = await mkdtemp(join(tmpdir(), 'stack-test-'))
  const lines: string[] = []
  const onLine = (source: string, line: string) => {
    lines.push(`${source} ${line}`)
    if (lines.length > 500) lines.shift()
  }
  const stack = await startStack({
    folder,
    onLine,
    limitsScale: 0,
    env: { LOG_LEVEL: 'warn', LEASE_MS: '1000', ...lavishRates, ...env },
    ...(startRedis && { startRedis }),
    ...(port !== undefined && { port }),
  }).catch((error: unknown) => {
    throw new Error(`the stack did not start:\n${lines.join('\n')}`, { cause: error })
  })
  return {
    ...stack,
    lines,
    async stop() {
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type TestStack = Awaited<ReturnType<typeof startTestStack>>

/** A signed-in program with its open event stream. */
export async function signIn(stack: Stack, role: Role) {
  const user = stack.users.find(({ roles }) => roles.includes(role))
  const answer = await fetch(`${stack.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: user?.email, password: user?.password, delivery: 'bearer' }),
  })
  const { token } = LoginAnswer.parse(await answer.json())
  const headers = { Authorization: `Bearer ${token}` }
  const events = await listen(stack, headers)
  return {
    headers,
    events,
    client: new TebraClient({ events, baseUrl: stack.baseUrl, headers }),
    async recordOf(id: string, waitSeconds = 0): Promise<RequestRecord> {
      const record = await fetch(`${stack.baseUrl}/tebra/requests/${id}?wait=${waitSeconds}`, { headers })
      return RequestRecord.parse(await record.json())
    },
    post: (path: string, body?: unknown) =>
      fetch(`${stack.baseUrl}${path}`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify(body ?? {}),
      }),
  }
}

/** An open event stream. */
export async function listen(
  stack: Stack,
  headers: Readonly<Record<string, string>>,
): Promise<EventConnection> {
  const events = new EventConnection({
    url: `${stack.baseUrl}/events`,
    streams: ['tebra:responses', 'tebra:status'],
    headers,
    backOff: { baseMs: 50, capMs: 500 },
  })
  events.open()
  await until('the stream is open', () => events.state.kind === 'open')
  return events
}

/** Tells the simulator to misbehave from now on; without rules it behaves. */
export async function misbehave(stack: Stack, ...rules: object[]): Promise<void> {
  await fetch(`${stack.simulatorUrl}/control/faults`, { method: 'DELETE' })
  if (rules.length === 0) return
  await fetch(`${stack.simulatorUrl}/control/faults`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(rules),
  })
}

export interface Counts {
  readonly byOperation: Record<string, number>
  readonly writes: { readonly total: number; readonly byNaturalKey: Record<string, number> }
}

export const counts = async (stack: Stack): Promise<Counts> =>
  (await (await fetch(`${stack.simulatorUrl}/control/counts`)).json()) as Counts
