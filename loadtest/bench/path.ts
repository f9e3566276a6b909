/**
 * The whole path, request to event, through the real processes on this machine's cores: against the upstream called
 * directly, and against a page that polls every 30 s. The load generator and the simulator share the two cores with
 * what is measured; what they use is said. The gateway is left out: in production a load balancer stands there.
 */
import { availableParallelism } from 'node:os'
import { type Goal, printLine, toFigure } from './harness/bench-line.ts'
import { isFull, say } from './harness/options.ts'
import { runProgram } from './harness/run-program.ts'
import { median, percentile } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'
import { type BenchStack, settingsSaid, startBenchStack } from './path/bench-stack.ts'
import { cpuOf, cpuSaid } from './path/cpu-of.ts'
import { Generated, type GeneratorInput } from './path/generator-input.ts'
import { pollEveryHalfMinute } from './path/poll.ts'

const full = isFull(process.argv.slice(2))
const plan = full ? { rounds: 5, seconds: 20 } : { rounds: 2, seconds: 5 }
const rate = { kind: 'rate', perSecond: 200, seconds: plan.seconds } as const
/** So many at once that no process waits for work: what is sustained is then what the cores can do. */
const closed = { kind: 'closed', width: 256, seconds: plan.seconds } as const
const programs = {
  ours: new URL('./path/generate.ts', import.meta.url),
  peer: new URL('./path/generate-direct.ts', import.meta.url),
}

const stack = await startBenchStack()
try {
  await measure(stack)
} finally {
  await stack.stop()
}

async function measure(stack: BenchStack): Promise<void> {
  say(
    `not pinned: seven processes and the load generator share ${availableParallelism()} cores; ${settingsSaid}`,
  )
  let series = 0
  const run = async (side: 'ours' | 'peer', load: GeneratorInput['load']): Promise<Generated> => {
    series += 1
    const input: GeneratorInput = {
      tebraUrl: stack.urls['tebra-proxy-worker'],
      eventsUrl: stack.urls['stream-sse'],
      simulatorUrl: stack.simulatorUrl,
      tokens: [...stack.tokens],
      series: `S${series}N`,
      load,
    }
    const before = await cpuOf(stack)
    const generated = await runProgram(programs[side], input, { schema: Generated })
    const { latencies, perSecond, cpuShare, lost, doubled } = generated
    const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
    say(
      `${load.kind} ${side}: ${Math.round(perSecond)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
        `lost ${lost}, doubled ${doubled}; generator ${Math.round(cpuShare * 100)} % of a core; ` +
        `CPU ms a request: ${cpuSaid(before, await cpuOf(stack), generated.asked)}`,
    )
    return generated
  }
  const sides = (load: GeneratorInput['load']) => ({
    ours: () => run('ours', load),
    peer: () => run('peer', load),
  })
  say('warming up, not counted:')
  await run('ours', { ...closed, seconds: 3 })

  const polling = pollEveryHalfMinute(stack.urls['tebra-proxy-worker'], stack.tokens)
  polling.catch(() => {})
  const paced = await takeTurns(plan.rounds, sides(rate), () => {})
  const sustained = await takeTurns(plan.rounds, sides(closed), () => {})
  say('waiting for the last of the pages that poll every 30 s …')
  const polled = await polling

  const upstreamMs = median(paced.peer.map(({ latencies }) => percentile(latencies, 0.5)))
  say(`the upstream's own time, which is taken off: ${upstreamMs.toFixed(2)} ms (median of its p50)`)
  const onTop = (share: number, name: string, goal?: Goal) =>
    toFigure({
      name,
      unit: 'ms',
      peerName: 'polling every 30 s',
      ours: paced.ours.map(({ latencies }) => percentile(latencies, share) - upstreamMs),
      peer: paced.ours.map(() => percentile(polled, share) - upstreamMs),
      ...(goal && { goal }),
    })
  const everyRun = [...paced.ours, ...sustained.ours]
  printLine(
    {
      bench: 'path',
      figures: [
        onTop(0.5, 'event-p50'),
        onTop(0.99, 'event-p99', { of: 'ours', is: 'at most', value: 50 }),
        toFigure({
          name: 'sustained',
          unit: 'requests/s',
          peerName: 'upstream called directly',
          ours: sustained.ours.map(({ perSecond }) => perSecond),
          peer: sustained.peer.map(({ perSecond }) => perSecond),
          goal: { of: 'ours', is: 'at least', value: 1_000 },
        }),
      ],
      lost: everyRun.reduce((total, { lost }) => total + lost, 0),
      doubled: everyRun.reduce((total, { doubled }) => total + doubled, 0),
      skipped: [],
    },
    say,
  )
}
