import type { TebraStatus } from '#lib/contract/health.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, fleetKeys as keys } from '#lib/redis/keys.ts'
import { loadScript, type Script } from '#lib/redis/script.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import type { Verdict } from './attempt.ts'
import type { BreakerState } from './breaker.ts'

export type ForcedState = 'open' | 'closed' | 'automatic'

/** The fleet's breaker as one step left it. */
export interface SharedState {
  readonly state: BreakerState
  readonly epoch: number
  readonly forced: 'open' | 'closed' | undefined
  /** Whether the probe is this worker's to make. */
  readonly mine: boolean
  /** What this very step changed for the whole fleet; whoever made it says so, nobody else. */
  readonly changed: 'opened' | 'closed' | undefined
}

type Reply = [state: BreakerState, epoch: number, since: string, forced: string, mine: 0 | 1, changed: string]

const load = (name: string) =>
  loadScript<Reply>(new URL(`./${name}.lua`, import.meta.url), {
    prelude: ['../alerts/prelude.lua', './prelude.lua'].map((part) => new URL(part, import.meta.url)),
  })
const [syncScript, settleScript, forceScript, leaveScript] = [
  load('sync'),
  load('settle'),
  load('force'),
  load('leave'),
]

/** The steps by which one worker moves the fleet's breaker; each is one script, ruled by Redis' clock. */
export function createSharedState(deps: { redis: RedisClient; form: UpstreamForm; worker: string }) {
  const { redis, form, worker } = deps
  const step = async (script: Script<Reply>, args: readonly (string | number)[] = []): Promise<SharedState> =>
    toShared(await script(redis, keysOf(form), [form, channels.breaker, worker, ...args]))

  return {
    sync: (says: {
      /** The epoch in which the worker's own breaker opened. */
      failingIn: number | undefined
      /** The epoch of the probe it keeps, waiting for a request or already under way. */
      keeps: number | undefined
      wouldProbe: boolean
      reportMs: number
      waitMs: number
      leaseMs: number
    }): Promise<SharedState> =>
      step(syncScript, [
        says.failingIn ?? '',
        says.reportMs,
        says.waitMs,
        says.keeps ?? '',
        says.wouldProbe ? 1 : 0,
        says.leaseMs,
      ]),
    settle: (epoch: number, verdict: Verdict, waitMs: number): Promise<SharedState> =>
      step(settleScript, [epoch, verdict, waitMs]),
    leave: (): Promise<SharedState> => step(leaveScript),
  }
}

/** Sets the fleet's breaker by hand, or gives it back to the calls; every worker learns of it within a second. */
export async function forceBreaker(
  redis: RedisClient,
  form: UpstreamForm,
  state: ForcedState,
): Promise<SharedState> {
  return toShared(await forceScript(redis, keysOf(form), [form, channels.breaker, '', state]))
}

export async function readBreaker(redis: RedisClient, form: UpstreamForm): Promise<TebraStatus['breaker']> {
  const [[state, epoch, since, forced], reporters] = await Promise.all([
    redis.hmget(keys.breaker(form), 'state', 'epoch', 'since', 'forced'),
    redis.zcard(keys.breakerReporters(form)),
  ])
  return {
    state: state === 'open' || state === 'half-open' ? state : 'closed',
    ...(since && { since: new Date(Number(since)).toISOString() }),
    ...((forced === 'open' || forced === 'closed') && { forced }),
    reporters,
    epoch: Number(epoch ?? 0),
  }
}

const keysOf = (form: UpstreamForm) => [
  keys.breaker(form),
  keys.breakerReporters(form),
  keys.alerts,
  keys.workers,
  keys.alertsOpen,
]

const toShared = ([state, epoch, , forced, mine, changed]: Reply): SharedState => ({
  state,
  epoch,
  forced: forced === 'open' || forced === 'closed' ? forced : undefined,
  mine: mine === 1,
  changed: changed === 'opened' || changed === 'closed' ? changed : undefined,
})
