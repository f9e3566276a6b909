import { z } from 'zod'
import { CommonConfig, count, Secret } from '#lib/config/read-config.ts'

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
  HASH_CONCURRENCY: count(2).meta({ description: 'passwords hashed at one time, 19 MiB each' }),
  HASH_QUEUE_MAX: count(64).meta({ description: 'sign-ins that may wait for hashing; 503 beyond' }),
  TRUSTED_PROXIES: count(0, 0).meta({
    description:
      'proxies in front that append to X-Forwarded-For (2 behind a Google load balancer); 0 ignores it',
  }),
  SEED_USERS_FILE: z.string().optional().meta({ description: 'JSON file of users to create where missing' }),
})
export type AuthSessionConfig = z.infer<typeof AuthSessionConfig>
