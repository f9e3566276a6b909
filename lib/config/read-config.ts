import { z } from 'zod'
import { parseRedisUrl } from '#lib/redis/redis-url.ts'
import { RatesConfig } from './rates.ts'

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads a service's configuration from environment variables. Every mistake is reported at once, by variable name;
 * values are never printed, because any of them may be a secret.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<S> {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = schema.safeParse(present)
  if (result.success) return result.data
  const mistakes = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${sayWithoutValue(issue)}`)
  throw new ConfigError(`The configuration has ${mistakes.length} mistake(s):\n${mistakes.join('\n')}`)
}

function sayWithoutValue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.includes('undefined')) return 'is required'
  return issue.message
}

const Key32 = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]{43}=?$/, 'must be 32 bytes in base64: openssl rand -base64 32')
  .transform((text) => Buffer.from(text, 'base64'))

/** 32 bytes of secret, in base64. */
export const Secret = Key32.meta({ secret: true })

/** As a browser spells it in `Origin`: `https://clinic.example/` would match no request. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

const kmsKeyName = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[\w{}-]+$/

const Port = z.coerce.number().int().min(0).max(65_535)
const count = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback)
export const milliseconds = (fallback: number, min = 1) => count(fallback, min).meta({ unit: 'ms' })
export const bytes = (fallback: number, min = 1) => count(fallback, min).meta({ unit: 'bytes' })
export { count }

/** Read by those who queue and those who tell; the queue itself remembers the number and refuses another. */
export const QueuePartitions = z.coerce.number().int().min(1).max(64).default(1).meta({
  description: 'partitions of the queue; changed by npm run partitions, never by this alone',
})

/** What each of the three services reads. */
export const CommonConfig = z.object({
  ENVIRONMENT: z
    .enum(['development', 'production'])
    .default('development')
    .meta({ description: 'production refuses an unfit Redis and insecure settings' }),
  PORT: Port.default(8080).meta({ description: 'where the service listens; 0 takes a free port' }),
  HOST: z.string().default('0.0.0.0').meta({ description: 'the address to listen on' }),
  REDIS_URL: z
    .string()
    .refine((text) => parseRedisUrl(text) !== undefined, { error: 'must be a redis:// or rediss:// URL' })
    .meta({
      description:
        'Redis, with ACL user and password; the Sentinels or Cluster nodes are separated by commas',
      secret: true,
    }),
  REDIS_TOPOLOGY: z
    .enum(['single', 'sentinel', 'cluster'])
    .default('single')
    .meta({ description: 'what REDIS_URL names: one server, Sentinels, or nodes of a Redis Cluster' }),
  REDIS_SENTINEL_NAME: z
    .string()
    .optional()
    .meta({ description: 'the name by which the Sentinels know the primary' }),
  PUBLIC_ORIGINS: z
    .string()
    .default('http://localhost:8080')
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.string().refine(isOrigin, { error: 'must be exact origins, separated by commas' })))
    .meta({ description: 'exact origins, separated by commas, whose pages may use the cookie' }),
  PHI_KEY: Secret.meta({ description: 'key-encryption key for the practices’ data keys', secret: true }),
  PHI_KEY_PREVIOUS: Secret.optional().meta({
    description: 'the PHI_KEY of before, while data keys are wrapped anew (npm run keys -- rewrap)',
    secret: true,
  }),
  PHI_KMS_KEY: z
    .string()
    .regex(kmsKeyName, 'must be projects/…/locations/…/keyRings/…/cryptoKeys/…')
    .optional()
    .meta({
      description:
        'Cloud KMS key that wraps data keys instead of PHI_KEY; {practice} gives each practice its own',
    }),
  AUDIT_KEY: Secret.meta({ description: 'HMAC key of the audit chain', secret: true }),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'least severity that is logged' }),
  VERSION: z.string().default('development').meta({ description: 'shown by /healthz; the image sets it' }),
  ...RatesConfig.shape,
})
