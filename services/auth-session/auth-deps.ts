import { createEventBus, type EventBus } from '#lib/bus/event-bus.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { type AuditTrail, createAuditTrail } from './audit/audit-trail.ts'
import type { AuthSessionConfig } from './config.ts'
import { createEmergencyStore, type EmergencyStore } from './emergency/emergency-store.ts'
import { createFlowStore, type FlowStore } from './federation/flow-store.ts'
import { createIdentityStore, type IdentityStore } from './federation/identity-store.ts'
import { createProvider, defaultRefetchMs, type Provider } from './federation/provider.ts'
import { createTokenMint, type TokenMint } from './internal-tokens/mint-token.ts'
import {
  createSigningKeys,
  defaultSigningKeyLimits,
  type SigningKeyLimits,
  type SigningKeys,
} from './internal-tokens/signing-keys.ts'
import { foreignHashes } from './migration/foreign-hashes.ts'
import { createPasskeyChallenges, type PasskeyChallenges } from './passkeys/passkey-challenges.ts'
import { createPasskeyStore, type PasskeyStore } from './passkeys/passkey-store.ts'
import { createLinkStore, type LinkStore } from './practices/link-store.ts'
import { type AuthenticatorStore, createAuthenticatorStore } from './second-factors/authenticator-store.ts'
import { createRecoveryCodes, type RecoveryCodes } from './second-factors/recovery-codes.ts'
import { createSecondFactorStore, type SecondFactorStore } from './second-factors/second-factor-store.ts'
import { createTotpEnrolments, type TotpEnrolments } from './second-factors/totp-enrolments.ts'
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
import { type AccessStore, createAccessStore } from './users/access-store.ts'
import { createLoginIndex, type LoginIndex } from './users/login-index.ts'
import { createProgramStore, type ProgramStore } from './users/program-store.ts'
import { createUserStore, type UserStore } from './users/user-store.ts'

export const serviceName = 'auth-session'

/** What the routes need, for as long as the process lives. */
export interface AuthDeps extends ServiceGround {
  /** Exact origins whose pages may sign in and use the cookie. */
  readonly origins: readonly string[]
  readonly trustedProxies: number
  /** Requests a minute from one address to the routes that ask for no session. */
  readonly addressRate: number
  /** How long a password that an administrator chose signs in. */
  readonly firstPasswordMs: number
  readonly index: LoginIndex
  readonly limiter: LoginLimiter
  readonly users: UserStore
  readonly authenticators: AuthenticatorStore
  readonly access: AccessStore
  readonly links: LinkStore
  readonly programs: ProgramStore
  readonly passwords: PasswordHash
  readonly challenges: ChallengeStore
  readonly sessions: SessionStore
  readonly emergencies: EmergencyStore
  /** Where notices and alerts become events. */
  readonly bus: EventBus
  readonly auditTrail: AuditTrail
  readonly secondFactors: SecondFactorStore
  readonly totpEnrolments: TotpEnrolments
  readonly recoveryCodes: RecoveryCodes
  readonly passkeys: PasskeyStore
  readonly passkeyChallenges: PasskeyChallenges
  readonly providers: readonly Provider[]
  readonly identities: IdentityStore
  readonly flows: FlowStore
  readonly signingKeys: SigningKeys
  readonly mint: TokenMint
}

interface Limits {
  readonly login?: LoginLimits
  readonly challenge?: ChallengeLimits
  readonly signingKeys?: SigningKeyLimits
  /** The platform's bcrypt, for passwords that were imported. */
  readonly verifyBcrypt?: (password: Uint8Array, hash: string) => Promise<boolean>
  /** See `createProvider`. */
  readonly refetchMs?: number
}

export async function createAuthDeps(
  ground: ServiceGround,
  config: AuthSessionConfig,
  limits: Limits = {},
): Promise<AuthDeps> {
  const { redis, now } = ground
  const index = createLoginIndex(config.LOGIN_INDEX_KEY)
  const users = createUserStore(ground)
  const signingKeys = createSigningKeys({ ...ground, limits: limits.signingKeys ?? defaultSigningKeyLimits })
  return {
    ...ground,
    origins: config.PUBLIC_ORIGINS,
    auditTrail: createAuditTrail(ground, config),
    trustedProxies: config.TRUSTED_PROXIES,
    addressRate: config.RATE_ADDRESS,
    firstPasswordMs: config.FIRST_PASSWORD_MS,
    index,
    limiter: createLoginLimiter({ redis, limits: limits.login ?? defaultLoginLimits }),
    users,
    authenticators: createAuthenticatorStore({ redis }),
    access: createAccessStore(ground),
    links: createLinkStore({ redis, users }),
    programs: createProgramStore(ground),
    passwords: await createPasswordHash({
      pepper: config.PASSWORD_PEPPER,
      previousPepper: config.PASSWORD_PEPPER_PREVIOUS,
      foreign: foreignHashes(limits.verifyBcrypt, config.FIREBASE_HASH_CONFIG),
      concurrency: config.HASH_CONCURRENCY,
      queueMax: config.HASH_QUEUE_MAX,
    }),
    secondFactors: createSecondFactorStore(ground),
    totpEnrolments: createTotpEnrolments(ground),
    recoveryCodes: createRecoveryCodes(ground),
    passkeys: createPasskeyStore(ground),
    passkeyChallenges: createPasskeyChallenges(ground),
    challenges: createChallengeStore({ redis, limits: limits.challenge ?? defaultChallengeLimits }),
    emergencies: createEmergencyStore({ ...ground, lifeMs: config.EMERGENCY_ACCESS_MS }),
    bus: createEventBus({ ...ground, partitions: createPartitions(config.QUEUE_PARTITIONS) }),
    sessions: createSessionStore({
      redis,
      limits: {
        idleMs: config.IDLE_TIMEOUT_MS,
        absoluteMs: config.ABSOLUTE_TIMEOUT_MS,
        perUserMax: config.SESSIONS_PER_USER_MAX,
      },
    }),
    providers: Object.entries(config.OIDC_PROVIDERS ?? {}).map(([id, provider]) =>
      createProvider({ id, config: provider, now, refetchMs: limits.refetchMs ?? defaultRefetchMs }),
    ),
    identities: createIdentityStore({ ...ground, index }),
    flows: createFlowStore(redis),
    signingKeys,
    mint: createTokenMint({
      keys: signingKeys,
      issuer: config.PUBLIC_ORIGINS[0] ?? serviceName,
      audiences: config.INTERNAL_AUDIENCES,
      seconds: config.INTERNAL_TOKEN_SECONDS,
      now,
    }),
  }
}
