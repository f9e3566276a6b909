import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadScript } from '#lib/redis/script.ts'

/** The account's credentials were refused: nothing was sent, so no attempt is spent. */
export class AccountStopped extends Error {
  override readonly name = 'AccountStopped'
}

const load = <Reply>(name: string, options?: { beyondKeys: boolean }) =>
  loadScript<Reply>(new URL(`./${name}.lua`, import.meta.url), options)
const stopScript = load<0 | 1>('stop')
const takeDueScript = load<string[]>('take-due', { beyondKeys: true })
const resumeScript = load<0 | 1>('resume')

const waitMsMax = 3_600_000

/**
 * Tebra accounts that let us in no more. Refused credentials that are sent again and again may lock an account out, so
 * the first refusal stops it for the whole fleet: the limiter admits none of its calls, its practices' lines are held,
 * and one call in ever longer intervals tries whether it is right again.
 */
export function createAccountStops(deps: { redis: RedisClient; partitions: Partitions; probeMs: number }) {
  const { redis, partitions, probeMs } = deps
  const keysOf = (account: string) => {
    const keys = partitions.of(account)
    return [keys.stops, keys.stop(account)]
  }

  return {
    /** → whether it was this that stopped it. */
    stop: async (account: string): Promise<boolean> =>
      (await stopScript(redis, keysOf(account), [account, probeMs])) === 1,

    /** → whether it was stopped. */
    resume: async (account: string): Promise<boolean> =>
      (await resumeScript(redis, keysOf(account), [account])) === 1,

    /** The accounts that are the caller's to try now. */
    async takeDue(): Promise<string[]> {
      const due = await Promise.all(
        partitions.all.map((keys) => takeDueScript(redis, [keys.stops], [keys.stop(''), waitMsMax])),
      )
      return due.flat()
    },

    /** Since when it is stopped and when it is tried again, in ms since the epoch; undefined while it is not. */
    async read(account: string): Promise<{ since: number; triedAt: number } | undefined> {
      const keys = partitions.of(account)
      const [triedAt, since] = await Promise.all([
        redis.zscore(keys.stops, account),
        redis.hget(keys.stop(account), 'since'),
      ])
      return triedAt === null ? undefined : { triedAt: Number(triedAt), since: Number(since ?? triedAt) }
    },
  }
}

export type AccountStops = ReturnType<typeof createAccountStops>
