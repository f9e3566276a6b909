/**
 * What the audit chain adds to a request, against the same service writing the same events to a plain stream, and how
 * it holds up where several processes append to one practice's chain. CPU is the program's and Redis' together: the
 * chain moves work to both.
 */
import { z } from 'zod'
import { verifyAudit } from '../../lib/audit/verify.ts'
import { connectCommands, disconnect, untilReady } from '../../lib/redis/connect.ts'
import { auditKeys } from '../../lib/redis/keys.ts'
import type { LogKind } from './audit/logs.ts'
import { AuditSpent } from './audit/spent.ts'
import { printLine, toFigure } from './harness/bench-line.ts'
import { withFreshRedis } from './harness/fresh-redis.ts'
import { isFull, say } from './harness/options.ts'
import { cores, pinningSaid } from './harness/pinning.ts'
import { runProgram } from './harness/run-program.ts'
import { percentile } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'
import { benchKey } from './queue/ours.ts'
import { practices } from './queue/payload.ts'

const plan = isFull(process.argv.slice(2))
  ? { rounds: 7, requests: 20_000, appends: 10_000 }
  : { rounds: 3, requests: 2_500, appends: 2_000 }
const writers = 4
/** One clinic: every event goes into one chain, which is where writers meet. */
const [practiceId = ''] = practices
const script = (name: string) => new URL(`./audit/${name}.ts`, import.meta.url)
const Requests = z.object({ submitted: AuditSpent, worked: AuditSpent })
const Appends = z.object({ spent: AuditSpent, latencies: z.array(z.number()) })

/** How many of the events are not there, or stand more than once; ours must also be one unbroken chain. */
async function prove(url: string, log: LogKind, expected: number) {
  const redis = connectCommands({ url, name: 'bench-proof' }, { onError: () => {} })
  await untilReady(redis)
  const entries = await redis.xrange(auditKeys.log(practiceId), '-', '+')
  const names = entries.map(([, fields]) => nameOf(fields.at(-1) ?? ''))
  const verification = log === 'chain' ? await verifyAudit(redis, benchKey, practiceId) : { intact: true }
  disconnect(redis)
  if (!verification.intact) throw new Error(`the chain is broken: ${JSON.stringify(verification)}`)
  const found = new Set(names).size
  return { lost: expected - found, doubled: names.length - found }
}

const Named = z.object({ action: z.string(), entity: z.string() })
const nameOf = (payload: string): string => {
  const { action, entity } = Named.parse(JSON.parse(payload))
  return `${action} ${entity}`
}

const runRequests = (log: LogKind) =>
  withFreshRedis(async (url) => {
    const input = { url, log, practiceId, count: plan.requests }
    const { submitted, worked } = await runProgram(script('request'), input, {
      core: cores.program,
      schema: Requests,
    })
    const perRequest = (spent: AuditSpent, part: 'programMs' | 'redisMs') =>
      (spent[part] * 1_000) / spent.count
    const programUs = perRequest(submitted, 'programMs') + perRequest(worked, 'programMs')
    const redisUs = perRequest(submitted, 'redisMs') + perRequest(worked, 'redisMs')
    // Each request is recorded as submitted and as ended.
    const proof = await prove(url, log, worked.count * 2)
    return { programUs, redisUs, ...proof }
  })

const runAppends = (log: LogKind) =>
  withFreshRedis(async (url) => {
    const all = await Promise.all(
      Array.from({ length: writers }, (_, writer) =>
        runProgram(
          script('append'),
          { url, log, count: plan.appends, writer, practiceId },
          { core: cores.program, schema: Appends },
        ),
      ),
    )
    const perSecond = all.reduce((total, { spent }) => total + (spent.count * 1_000) / spent.wallMs, 0)
    const p99 = percentile(
      all.flatMap(({ latencies }) => latencies),
      0.99,
    )
    const appended = all.reduce((total, { latencies }) => total + latencies.length, 0)
    return { perSecond, p99, ...(await prove(url, log, appended)) }
  })

say(`${pinningSaid}; CPU is that of the program and of Redis (user and system)`)
const requests = await takeTurns(
  plan.rounds,
  { ours: () => runRequests('chain'), peer: () => runRequests('plain') },
  (side, round, { programUs, redisUs, lost, doubled }) =>
    say(
      `request, round ${round} ${side}: program ${Math.round(programUs)} µs, Redis ${Math.round(redisUs)} µs, ` +
        `lost ${lost}, doubled ${doubled}`,
    ),
)
const appends = await takeTurns(
  plan.rounds,
  { ours: () => runAppends('chain'), peer: () => runAppends('plain') },
  (side, round, { perSecond, p99, lost, doubled }) =>
    say(
      `${writers} writers on one chain, round ${round} ${side}: ${Math.round(perSecond)}/s, p99 ${p99.toFixed(1)} ms, ` +
        `lost ${lost}, doubled ${doubled}`,
    ),
)

const peerName = 'plain XADD'
const all = [requests.ours, requests.peer, appends.ours, appends.peer].flat()
printLine(
  {
    bench: 'audit',
    figures: [
      toFigure({
        name: 'request',
        unit: 'CPU µs',
        peerName,
        ours: requests.ours.map(({ programUs, redisUs }) => programUs + redisUs),
        peer: requests.peer.map(({ programUs, redisUs }) => programUs + redisUs),
        goal: { of: 'ratio', is: 'at most', value: 1.15 },
      }),
      toFigure({
        name: 'contended-appends',
        unit: 'appends/s',
        peerName,
        ours: appends.ours.map(({ perSecond }) => perSecond),
        peer: appends.peer.map(({ perSecond }) => perSecond),
      }),
      toFigure({
        name: 'contended-p99',
        unit: 'ms',
        peerName,
        ours: appends.ours.map(({ p99 }) => p99),
        peer: appends.peer.map(({ p99 }) => p99),
      }),
    ],
    lost: all.reduce((total, { lost }) => total + lost, 0),
    doubled: all.reduce((total, { doubled }) => total + doubled, 0),
    skipped: [],
  },
  say,
)
