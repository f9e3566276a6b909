/**
 * Sessions of ours against better-auth's: validated over HTTP, revoked while sign-ins are under way, and refused after a
 * revocation. CPU is what the server's process spent, Redis' is not in it. Both limit rates in Redis, neither writes a
 * line for each request, and a validation moves no expiry on, but for the figure that says so.
 */
import { type Comparison, printLine, toFigure } from './harness/bench-line.ts'
import { perCoreSecond } from './harness/meter.ts'
import { isFull, say } from './harness/options.ts'
import { ensurePeerPackages, ownPeers } from './harness/peer-packages.ts'
import { canPin, pinningSaid } from './harness/pinning.ts'
import { median } from './harness/statistics.ts'
import { takeTurns } from './harness/turns.ts'
import { timeRefusals } from './session/refusals.ts'
import { runRevocation } from './session/revocation.ts'
import type { RevokeRounds } from './session/revoke-rounds.ts'
import type { Loaded } from './session/seed-input.ts'
import { fillStore } from './session/validate.ts'

const peerName = 'better-auth 1.7.7'
const plan = isFull(process.argv.slice(2))
  ? { sessions: 100_000, rounds: 5, seconds: 6, revocations: 100, refusals: 20 }
  : { sessions: 10_000, rounds: 2, seconds: 3, revocations: 10, refusals: 5 }

ensurePeerPackages('better-auth', say, ownPeers)
say(`${pinningSaid}, the load generator beside Redis; requests per core-second = requests / CPU seconds`)

say(`writing ${plan.sessions} sessions into a Redis of each side …`)
const [ours, peer] = await Promise.all([fillStore('ours', plan.sessions), fillStore('peer', plan.sessions)])
const sayRound =
  (what: string) =>
  (side: 'ours' | 'peer', round: number, { spent, p99Ms, wrong, cpuShare }: Loaded) =>
    say(
      `${what}, round ${round} ${side}: ${Math.round(perCoreSecond(spent))} per core-s, ` +
        `${Math.round((spent.jobs * 1_000) / spent.wallMs)}/s, p99 ${p99Ms.toFixed(1)} ms, wrong answers ${wrong}; ` +
        `generator ${Math.round(cpuShare * 100)} % of a core`,
    )
const sides = (active: boolean) => ({
  ours: () => ours.run({ seconds: plan.seconds, active }),
  peer: () => peer.run({ seconds: plan.seconds, active }),
})
const validated = await takeTurns(plan.rounds, sides(false), sayRound('validate'))
const active = await takeTurns(plan.rounds, sides(true), sayRound('validate as activity'))
await Promise.all([ours.stop(), peer.stop()])

const revoked = {
  ours: await runRevocation('ours', plan.revocations),
  peer: await runRevocation('peer', plan.revocations),
}
for (const [side, { alive, signIns }] of Object.entries(revoked))
  say(
    `${plan.revocations} rounds of revoke-all with 20 sign-ins under way, ${side}: ${alive} of ${signIns} sessions alive after`,
  )

const refusals = await timeRefusals(plan.refusals)
for (const by of ['auth-session', 'tebra-proxy-worker', 'stream-sse', 'stream'] as const)
  say(`revoked → refused by ${by}: median ${median(refusals.map((one) => one[by])).toFixed(1)} ms`)
const slowest = Math.max(...refusals.flatMap((one) => Object.values(one)))

const compare = (comparison: Omit<Comparison, 'peerName'>) => toFigure({ peerName, ...comparison })
const perCore = (rounds: Record<'ours' | 'peer', Loaded[]>) => ({
  ours: rounds.ours.map(({ spent }) => perCoreSecond(spent)),
  peer: rounds.peer.map(({ spent }) => perCoreSecond(spent)),
})
const endedShare = ({ alive, signIns }: RevokeRounds) => (1 - alive / signIns) * 100
const unit = 'requests/core-s'
const ratio = { of: 'ratio', is: 'at least', value: 6 } as const
printLine(
  {
    bench: 'session',
    figures: [
      compare({ name: 'validate', unit, ...perCore(validated), goal: ratio }),
      compare({ name: 'validate-active', unit, ...perCore(active) }),
      compare({
        name: 'ended-by-revoke-all',
        unit: '% of sessions',
        ours: [endedShare(revoked.ours)],
        peer: [endedShare(revoked.peer)],
        goal: { of: 'ours', is: 'at least', value: 100 },
      }),
      compare({
        // Of ours the slowest of the three services and the open stream, of the peer its one process.
        name: 'revoke-to-refusal',
        unit: 'ms',
        ours: [slowest],
        peer: [Math.max(...revoked.peer.refusedAfterMs)],
        goal: { of: 'ours', is: 'at most', value: 1_000 },
      }),
    ],
    lost: [validated, active]
      .flatMap(({ ours, peer }) => [...ours, ...peer])
      .reduce((sum, { wrong }) => sum + wrong, 0),
    doubled: 0,
    skipped: canPin ? [] : ['pinning'],
  },
  say,
)
