import { createBatch } from '#lib/redis/batch.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadScript } from '#lib/redis/script.ts'
import { AccountStopped } from '../accounts/account-stops.ts'

/** Waits until an operation of an account may be called; one limiter for the whole fleet, by Redis' clock. */
export interface RateLimiter {
  /**
   * Resolves when this caller holds the next turn. Rejects with the signal's reason when it is aborted, and with
   * `AccountStopped` while the account is stopped, unless it is tried whether it still is.
   */
  admit(account: string, operation: string, signal: AbortSignal, options?: { probe: boolean }): Promise<void>
  /** Nobody calls the operation for `ms`: the upstream said that it was too much. */
  pause(account: string, operation: string, ms: number): Promise<void>
  /** What the vendor states for an account (GetThrottles) overrides the table; in ms, 0 is no limit. */
  override(account: string, intervals: ReadonlyMap<string, number>): void
  intervalMs(account: string, operation: string): number
}

/** Shortest interval between two calls in ms (Tebra technical guide, April 2025; the last three observed live). */
const vendorIntervals: Readonly<Record<string, number>> = {
  GetPatient: 250,
  GetAppointment: 500,
  GetPractices: 500,
  GetProviders: 500,
  GetServiceLocations: 500,
  CreateAppointment: 500,
  UpdateAppointment: 500,
  GetAppointments: 1_000,
  GetPatients: 1_000,
  GetThrottles: 5_000,
  GetCustomerIdFromKey: 500,
  UpdateAppointmentStatus: 500,
  GetAppointmentReasons: 1_000,
}
const unknownIntervalMs = 1_000

/** `of`: the account whose being stopped denies the turn; '' for none. */
interface Turn {
  readonly key: string
  readonly interval: number
  readonly pause: number
  readonly of: string
}

const takeTurns = loadScript<string>(new URL('./take-turn.lua', import.meta.url))

/**
 * `marginMs` is added to each interval, because calls spaced at exactly the interval are refused (observed live).
 * Within a process callers of one operation queue up; between processes the script decides who is next.
 */
export function createRateLimiter(deps: {
  redis: RedisClient
  partitions: Partitions
  marginMs: number
}): RateLimiter {
  const stated = new Map<string, ReadonlyMap<string, number>>()
  const lines = new Map<string, Promise<void>>()
  const intervalMs = (account: string, operation: string) => {
    const interval = stated.get(account)?.get(operation) ?? vendorIntervals[operation] ?? unknownIntervalMs
    return interval === 0 ? 0 : interval + deps.marginMs
  }

  /** Turns that are asked for in one partition in the same moment are one script call. */
  const batches = new Map(
    deps.partitions.all.map((keys) => [
      keys,
      createBatch(async (turns: readonly Turn[]) => {
        const [asked, places] = askOnce(turns)
        const reply = await takeTurns(
          deps.redis,
          [keys.stops, ...asked.map(({ key }) => key)],
          asked.flatMap(({ interval, pause, of }) => [interval, pause, of]),
        )
        const waits = reply.split(' ').map(Number)
        return places.map((place) => waits[place] ?? new Error('the limiter answered in part'))
      }),
    ]),
  )
  const takeTurn = async (account: string, operation: string, turn: Omit<Turn, 'key'>): Promise<number> => {
    const keys: QueueKeys = deps.partitions.of(account)
    return (await batches.get(keys)?.({ key: keys.limit(account, operation), ...turn })) ?? 0
  }

  const waitForTurn = async (
    account: string,
    operation: string,
    signal: AbortSignal,
    probe: boolean,
  ): Promise<void> => {
    for (;;) {
      signal.throwIfAborted()
      const interval = intervalMs(account, operation)
      const waitMs = await takeTurn(account, operation, { interval, pause: 0, of: probe ? '' : account })
      if (waitMs === 0) return
      if (waitMs < 0) throw new AccountStopped('the credentials of this account were refused')
      await sleep(waitMs, signal)
    }
  }

  return {
    admit(account, operation, signal, { probe } = { probe: false }) {
      // Without an interval there is no line to stand in, only a pause to keep.
      if (intervalMs(account, operation) === 0) return waitForTurn(account, operation, signal, probe)
      const key = JSON.stringify([account, operation])
      const before = lines.get(key) ?? Promise.resolve()
      const turn = before.then(() => waitForTurn(account, operation, signal, probe))
      const settled = turn.catch(() => {})
      lines.set(key, settled)
      void settled.then(() => lines.get(key) === settled && lines.delete(key))
      return turn
    },
    async pause(account, operation, ms) {
      await takeTurn(account, operation, { interval: 0, pause: Math.max(1, Math.ceil(ms)), of: '' })
    },
    override(account, intervals) {
      stated.set(account, intervals)
    },
    intervalMs,
  }
}

/** Where there is no interval nothing is used up: those who ask for the same in one moment share the answer. */
function askOnce(turns: readonly Turn[]): [asked: readonly Turn[], places: readonly number[]] {
  const asked: Turn[] = []
  const shared = new Map<string, number>()
  const places = turns.map((turn) => {
    const name = turn.interval === 0 && turn.pause === 0 ? `${turn.of} ${turn.key}` : undefined
    const known = name === undefined ? undefined : shared.get(name)
    if (known !== undefined) return known
    const place = asked.push(turn) - 1
    if (name !== undefined) shared.set(name, place)
    return place
  })
  return [asked, places]
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
