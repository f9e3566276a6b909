import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import type { AuthSessionConfig } from './config.ts'
import { createSessionStore, type SessionStore } from './sessions/session-store.ts'
import {
  type ChallengeLimits,
  type ChallengeStore,
  createChallengeStore,
  defaultChallengeLimits,
} from './sign-in/challenge-store.ts'
import {
  createLoginLimiter,
  defaultLoginLimits,
  type LoginLimiter,
  type LoginLimits,
} from './sign-in/login-limiter.ts'
import { createPasswordHash, type PasswordHash } from './sign-in/password-hash.ts'
import { createLoginIndex, type LoginIndex } from './users/login-index.ts'
import { createUserStore, type UserStore } from './users/user-store.ts'

export const serviceName = 'auth-session'

/** What the routes need, for as long as the process lives. */
export interface AuthDeps extends ServiceGround {
  /** Exact origins whose pages may sign in and use the cookie. */
  readonly origins: readonly string[]
  readonly trustedProxies: number
  readonly index: LoginIndex
  readonly limiter: LoginLimiter
  readonly users: UserStore
  readonly passwords: PasswordHash
  readonly challenges: ChallengeStore
  readonly sessions: SessionStore
}

interface Limits {
  readonly login?: LoginLimits
  readonly challenge?: ChallengeLimits
}

export async function createAuthDeps(
  ground: ServiceGround,
  config: AuthSessionConfig,
  limits: Limits = {},
): Promise<AuthDeps> {
  const { redis } = ground
  return {
    ...ground,
    origins: config.PUBLIC_ORIGINS,
    trustedProxies: config.TRUSTED_PROXIES,
    index: createLoginIndex(config.LOGIN_INDEX_KEY),
    limiter: createLoginLimiter({ redis, limits: limits.login ?? defaultLoginLimits }),
    users: createUserStore(ground),
    passwords: await createPasswordHash({
      pepper: config.PASSWORD_PEPPER,
      concurrency: config.HASH_CONCURRENCY,
      queueMax: config.HASH_QUEUE_MAX,
    }),
    challenges: createChallengeStore({ redis, limits: limits.challenge ?? defaultChallengeLimits }),
    sessions: createSessionStore({
      redis,
      limits: {
        idleMs: config.IDLE_TIMEOUT_MS,
        absoluteMs: config.ABSOLUTE_TIMEOUT_MS,
        perUserMax: config.SESSIONS_PER_USER_MAX,
      },
    }),
  }
}
