import { DomainError } from '#lib/http/domain-error.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

/** How one counter lets failures pass, then makes wait: twice as long each time. Times in ms. */
export interface BackOff {
  readonly freeFailures: number
  readonly firstMs: number
  readonly longestMs: number
  readonly windowMs: number
}

export interface LoginLimits {
  readonly account: BackOff
  readonly address: BackOff
}

/**
 * An account's owner mistypes a few times an hour; a clinic's whole staff may share one address. At these figures a
 * guesser gets about 20 tries an hour at an account before NIST's 100 consecutive failures end it.
 */
export const defaultLoginLimits: LoginLimits = {
  account: { freeFailures: 5, firstMs: 1_000, longestMs: 300_000, windowMs: 3_600_000 },
  address: { freeFailures: 30, firstMs: 1_000, longestMs: 60_000, windowMs: 900_000 },
}

/** Digests of the account (where it is known which) and of the address an attempt comes from. */
export interface Attempt {
  readonly account: string | undefined
  readonly address: string
}

/** Every method throws `too-many-requests` while the account or the address has to wait. */
export interface LoginLimiter {
  admit(attempt: Attempt): Promise<void>
  /** Counts a failure against both. */
  fail(attempt: Attempt): Promise<void>
  /** Clears the account; the address keeps its failures, else a guesser's own account would clear them. */
  pass(attempt: Attempt): Promise<void>
}

type Step = 'check' | 'fail' | 'pass'
const settleScript = loadScript<number>(new URL('./settle-attempt.lua', import.meta.url))

export function createLoginLimiter(deps: { redis: RedisClient; limits: LoginLimits }): LoginLimiter {
  const { redis, limits } = deps

  const settle = (digest: string, step: Step, by: BackOff): Promise<number> =>
    settleScript(
      redis,
      [sessionKeys.attempts(digest)],
      [step, by.freeFailures, by.firstMs, by.longestMs, by.windowMs],
    )

  const both = async (attempt: Attempt, ofAccount: Step, ofAddress: Step): Promise<void> => {
    const [account, address] = await Promise.all([
      attempt.account === undefined ? 0 : settle(attempt.account, ofAccount, limits.account),
      settle(attempt.address, ofAddress, limits.address),
    ])
    if (Math.max(account, address) > 0) throw tooMany(account, address, limits)
  }

  return {
    admit: (attempt) => both(attempt, 'check', 'check'),
    fail: (attempt) => both(attempt, 'fail', 'fail'),
    pass: (attempt) => both(attempt, 'pass', 'check'),
  }
}

/** Headers by draft-ietf-httpapi-ratelimit-headers: the policy that bites and the seconds until it lets pass. */
function tooMany(account: number, address: number, limits: LoginLimits): DomainError {
  const [name, by] =
    account >= address ? (['account', limits.account] as const) : (['address', limits.address] as const)
  const seconds = Math.ceil(Math.max(account, address) / 1_000)
  return new DomainError('too-many-requests', {
    retryAfterSeconds: seconds,
    headers: {
      'RateLimit-Policy': `"${name}";q=${by.freeFailures};w=${Math.ceil(by.windowMs / 1_000)}`,
      RateLimit: `"${name}";r=0;t=${seconds}`,
    },
  })
}
