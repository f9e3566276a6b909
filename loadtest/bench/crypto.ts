/**
 * What sealing costs: a sealed Redis write against a plain one, and all sealing of a request against the CPU that the
 * three services spend on one request of the whole path. Redis, the upstream and the load generator are not counted,
 * so that sealing looks dearer and not cheaper than it is.
 */
import { lostRecords } from './crypto/proof.ts'
import { printLine, toFigure } from './harness/bench-line.ts'
import { withFreshRedis } from './harness/fresh-redis.ts'
import { perCoreSecond, Spent } from './harness/meter.ts'
import { isFull, say } from './harness/options.ts'
import { canPin, cores, pinningSaid } from './harness/pinning.ts'
import { runProgram } from './harness/run-program.ts'
import { takeTurns } from './harness/turns.ts'
import { startBenchStack } from './path/bench-stack.ts'
import { cpuOf } from './path/cpu-of.ts'
import { Generated, type GeneratorInput } from './path/generator-input.ts'

const full = isFull(process.argv.slice(2))
const plan = full
  ? { rounds: 7, writes: 60_000, requests: 60_000, seconds: 8 }
  : { rounds: 3, writes: 20_000, requests: 20_000, seconds: 3 }
const script = (name: string) => new URL(`./crypto/${name}.ts`, import.meta.url)
const services = ['auth-session', 'tebra-proxy-worker', 'stream-sse']
const microsecondsEach = (spent: Spent) => 1e6 / perCoreSecond(spent)

say(pinningSaid)
const write = (sealed: boolean) => () =>
  withFreshRedis(async (url) => {
    const input = { url, jobs: plan.writes, warmUp: plan.writes / 10, sealed }
    const spent = await runProgram(script('write'), input, { core: cores.program, schema: Spent })
    return { each: microsecondsEach(spent), lost: await lostRecords(url, plan.writes, sealed) }
  })
const writes = await takeTurns(
  plan.rounds,
  { ours: write(true), peer: write(false) },
  (side, round, { each, lost }) =>
    say(`write ${round} ${side === 'ours' ? 'sealed' : 'plain'}: ${each.toFixed(2)} µs of CPU, lost ${lost}`),
)

const stack = await startBenchStack()
let series = 0
let lostRequests = 0
let doubled = 0
const sealing = () =>
  withFreshRedis(async (url) => {
    const input = { url, jobs: plan.requests, warmUp: plan.requests / 10, sealed: true }
    return microsecondsEach(
      await runProgram(script('seal-requests'), input, { core: cores.program, schema: Spent }),
    )
  })
const wholeRequest = async (): Promise<number> => {
  series += 1
  const input: GeneratorInput = {
    tebraUrl: stack.urls['tebra-proxy-worker'],
    eventsUrl: stack.urls['stream-sse'],
    simulatorUrl: stack.simulatorUrl,
    tokens: [...stack.tokens],
    series: `C${series}N`,
    load: { kind: 'closed', width: 64, seconds: plan.seconds },
  }
  const before = await cpuOf(stack)
  const generated = await runProgram(new URL('./path/generate.ts', import.meta.url), input, {
    schema: Generated,
  })
  const after = await cpuOf(stack)
  lostRequests += generated.lost
  doubled += generated.doubled
  const seconds = services.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0))
  return (seconds.reduce((total, one) => total + one, 0) * 1e6) / generated.asked
}
try {
  say('warming up, not counted:')
  await wholeRequest()
  const requests = await takeTurns(plan.rounds, { ours: sealing, peer: wholeRequest }, (side, round, each) =>
    say(`request ${round} ${side === 'ours' ? 'sealing' : 'whole'}: ${each.toFixed(1)} µs of CPU`),
  )
  const eachOf = (side: 'ours' | 'peer') => writes[side].map(({ each }) => each)
  printLine(
    {
      bench: 'crypto',
      figures: [
        toFigure({
          name: 'write',
          unit: 'µs CPU',
          peerName: 'plain Redis write',
          ours: eachOf('ours'),
          peer: eachOf('peer'),
        }),
        toFigure({
          name: 'request',
          unit: 'µs CPU',
          peerName: 'a whole request',
          ...requests,
          goal: { of: 'ratio', is: 'at most', value: 0.15 },
        }),
      ],
      lost: lostRequests + [...writes.ours, ...writes.peer].reduce((total, { lost }) => total + lost, 0),
      doubled,
      skipped: canPin ? [] : ['pinning'],
    },
    say,
  )
} finally {
  await stack.stop()
}
process.exit(0)
