/**
 * Our request queue against BullMQ: adding, processing, and a worker killed with −9. Each side runs at its own best
 * width and Redis client, as a sweep finds them. CPU is what the program's process spent, Redis' is not in it.
 * Ours seals what is health data, BullMQ does not: the figures `…-sealed` are against BullMQ with the same sealing.
 * The trials with a killed worker run beside the rounds: their workers only wait, each for about 1 % of Redis' core.
 */
import { type Comparison, printLine, toFigure } from './harness/bench-line.ts'
import { perCoreSecond, perSecond } from './harness/meter.ts'
import { isFull, say } from './harness/options.ts'
import { ensurePeerPackages } from './harness/peer-packages.ts'
import { canPin, pinningSaid } from './harness/pinning.ts'
import { takeTurns } from './harness/turns.ts'
import { type Crash, crashOnce } from './queue/crash.ts'
import { sum } from './queue/proof.ts'
import { type Round, runRound, type Side } from './queue/sides.ts'
import { findBest } from './queue/sweep.ts'

const peerName = 'bullmq 6.7.0'
const full = isFull(process.argv.slice(2))
const plan = full
  ? { rounds: 7, jobs: 60_000, sweepJobs: 15_000, phasesMs: [3_000, 9_000, 15_000, 21_000, 27_000] }
  : { rounds: 3, jobs: 20_000, sweepJobs: 5_000, phasesMs: [5_000, 14_000, 26_000] }

ensurePeerPackages('bullmq', say)
say(`${pinningSaid}; jobs per core-second = jobs / CPU seconds (user and system) of the program's process`)

const crashes = Promise.all(
  plan.phasesMs.map(async (phaseMs): Promise<Record<Side, Crash>> => {
    const [ours, peer] = await Promise.all([crashOnce('ours', phaseMs), crashOnce('peer', phaseMs)])
    return { ours, peer }
  }),
)
// It is awaited after the rounds; a failure until then must not end the process unsaid.
crashes.catch(() => {})

say('sweep:')
const settings = {
  ours: await findBest('ours', plan.sweepJobs, say),
  peer: await findBest('peer', plan.sweepJobs, say),
}
say(`settings: ${JSON.stringify(settings)}`)

const sealedRounds: Round[] = []
const tell = (side: string, round: number, { added, worked, proof }: Round) =>
  say(
    `round ${round} ${side}: add ${Math.round(perCoreSecond(added))} per core-s (${Math.round(perSecond(added))}/s), ` +
      `process ${Math.round(perCoreSecond(worked))} per core-s (${Math.round(perSecond(worked))}/s), ` +
      `lost ${proof.lost}, doubled ${proof.doubled}`,
  )
const rounds = await takeTurns(
  plan.rounds,
  {
    ours: () => runRound('ours', plan.jobs, settings.ours),
    async peer() {
      const plain = await runRound('peer', plan.jobs, settings.peer)
      const sealed = await runRound('peer', plan.jobs, settings.peer, { sealed: true })
      sealedRounds.push(sealed)
      tell('peer sealed', sealedRounds.length, sealed)
      return plain
    },
  },
  tell,
)
const whole = await runRound('ours', plan.jobs, settings.ours, { whole: true })
say(
  `with permission check and audit chain, too: process ${Math.round(perCoreSecond(whole.worked))} per core-s`,
)

const trials = await crashes
for (const { ours, peer } of trials)
  say(
    `killed −9: ours ran again after ${ours.seconds.toFixed(1)} s, ${peerName} after ${peer.seconds.toFixed(1)} s`,
  )

const compare = (comparison: Omit<Comparison, 'peerName'>, name = peerName) =>
  toFigure({ peerName: name, ...comparison })
const compareSealed = (comparison: Omit<Comparison, 'peerName'>) =>
  compare(comparison, `${peerName} with the same sealing`)
const of = (read: (round: Round) => number, peer = rounds.peer) => ({
  ours: rounds.ours.map(read),
  peer: peer.map(read),
})
const atLeast = (value: number) => ({ of: 'ratio', is: 'at least', value }) as const
const { lost, doubled } = sum([
  ...[...rounds.ours, ...rounds.peer, ...sealedRounds, whole].map(({ proof }) => proof),
  ...trials.flatMap(({ ours, peer }) => [ours.proof, peer.proof]),
])
printLine(
  {
    bench: 'queue',
    figures: [
      compare({
        name: 'process',
        unit: 'jobs/core-s',
        ...of(({ worked }) => perCoreSecond(worked)),
        goal: atLeast(3),
      }),
      compareSealed({
        name: 'process-sealed',
        unit: 'jobs/core-s',
        ...of(({ worked }) => perCoreSecond(worked), sealedRounds),
      }),
      compare({ name: 'process-wall', unit: 'jobs/s', ...of(({ worked }) => perSecond(worked)) }),
      compare({
        name: 'add',
        unit: 'requests/core-s',
        ...of(({ added }) => perCoreSecond(added)),
        goal: atLeast(2),
      }),
      compareSealed({
        name: 'add-sealed',
        unit: 'requests/core-s',
        ...of(({ added }) => perCoreSecond(added), sealedRounds),
      }),
      compare({
        name: 'crash',
        unit: 's',
        ours: trials.map(({ ours }) => ours.seconds),
        peer: trials.map(({ peer }) => peer.seconds),
        // A quarter of the 60 s that BullMQ may need with its defaults.
        goal: { of: 'ours', is: 'at most', value: 15 },
      }),
    ],
    lost,
    doubled,
    skipped: canPin ? [] : ['pinning'],
  },
  say,
)
