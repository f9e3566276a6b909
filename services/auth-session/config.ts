import { z } from 'zod'
import { jsonText } from '#lib/config/json-text.ts'
import { CommonConfig, count, QueuePartitions, Secret } from '#lib/config/read-config.ts'
import { internalTokenSecondsMax } from '#lib/jwt/verify-internal-token.ts'
import { AuditConfig } from './audit/audit-config.ts'
import { OidcProviders } from './federation/provider-config.ts'
import { FirebaseHashConfig } from './migration/foreign-hashes.ts'

const minutes = 60_000
const hours = 60 * minutes
/** NIST SP 800-63B-4 §2.2.3 asks for a bound on both at AAL2; a clinic's shared rooms ask for the shorter idle time. */
const idleMsMax = 15 * minutes
const absoluteMsMax = 12 * hours

const timeout = (max: number) => z.coerce.number().int().min(1).max(max).default(max)

export const AuthSessionConfig = CommonConfig.extend({
  PASSWORD_PEPPER: Secret.meta({
    description:
      'HMAC key that passwords pass before they are hashed; a stolen Redis cannot be guessed without it',
    secret: true,
  }),
  PASSWORD_PEPPER_PREVIOUS: Secret.optional().meta({
    description: 'the pepper before a change: accepted, and each password hashed anew at its next sign-in',
    secret: true,
  }),
  LOGIN_INDEX_KEY: Secret.meta({
    description: 'HMAC key of the look-up from e-mail address to account',
    secret: true,
  }),
  IDLE_TIMEOUT_MS: timeout(idleMsMax).meta({
    description: 'a session ends after this long without activity; may only be shortened',
    unit: 'ms',
  }),
  ABSOLUTE_TIMEOUT_MS: timeout(absoluteMsMax).meta({
    description: 'a session ends after this long whatever happens; may only be shortened',
    unit: 'ms',
  }),
  SESSIONS_PER_USER_MAX: count(100).meta({
    description: 'sessions one user may hold; the oldest ends when one more begins',
  }),
  EMERGENCY_ACCESS_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(60 * minutes)
    .default(30 * minutes)
    .meta({
      description: 'emergency access ends after this long, and can be taken again with a fresh second factor',
      unit: 'ms',
    }),
  FIRST_PASSWORD_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(7 * 24 * hours)
    .default(24 * hours)
    .meta({
      description:
        'a password that an administrator chose signs in for this long; its owner changes it before all else',
      unit: 'ms',
    }),
  HASH_CONCURRENCY: count(2).meta({ description: 'passwords hashed at one time, 19 MiB each' }),
  HASH_QUEUE_MAX: count(64).meta({ description: 'sign-ins that may wait for hashing; 503 beyond' }),
  TRUSTED_PROXIES: count(0, 0).meta({
    description:
      'proxies in front that append to X-Forwarded-For (2 behind a Google load balancer); 0 ignores it',
  }),
  OIDC_PROVIDERS: OidcProviders.optional().meta({
    description: 'JSON: the identity providers whose users may sign in, by name',
    secret: true,
  }),
  FIREBASE_HASH_CONFIG: jsonText('as the Firebase console shows the password hash parameters, with quotes')
    .pipe(FirebaseHashConfig)
    .optional()
    .meta({ description: 'JSON: how Firebase hashed the passwords that were imported', secret: true }),
  INTERNAL_AUDIENCES: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    .meta({ description: 'services, separated by commas, that may act for a user with an internal token' }),
  INTERNAL_TOKEN_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(internalTokenSecondsMax)
    .default(120)
    .meta({ description: 'how long an internal token lives', unit: 's' }),
  QUEUE_PARTITIONS: QueuePartitions,
  RATE_ADDRESS: count(600).meta({
    description:
      'requests a minute from one address to the routes that sign in; a clinic’s staff may share one',
  }),
  SEED_USERS_FILE: z.string().optional().meta({ description: 'JSON file of users to create where missing' }),
  ...AuditConfig.shape,
})
export type AuthSessionConfig = z.infer<typeof AuthSessionConfig>
