import { createAuditLine } from '#lib/audit/audit-line.ts'
import { type AuditLog, createAuditLog } from '#lib/audit/audit-log.ts'
import { type RatesConfig, ratesOf } from '#lib/config/rates.ts'
import { ConfigError } from '#lib/config/read-config.ts'
import { refusePlainHttp } from '#lib/config/trustworthy-url.ts'
import { chooseKeyWrapper, type KeyWrapperConfig } from '#lib/crypto/choose-key-wrapper.ts'
import { createDataKeys, type DataKeys } from '#lib/crypto/data-keys.ts'
import { createFieldCipher, type FieldCipher } from '#lib/crypto/field-cipher.ts'
import { createRateLimiter, type RateLimiter } from '#lib/http/rate-limiter.ts'
import { createSessionGuard, type SessionGuard } from '#lib/http/session-guard.ts'
import { createLogger, type Logger } from '#lib/observability/logger.ts'
import { createMetrics, type Metrics } from '#lib/observability/metrics.ts'
import { connectCommands, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { unfitForProduction } from '#lib/redis/health.ts'
import { type RedisPlace, redisAt } from '#lib/redis/redis-place.ts'

interface Config extends RedisPlace, RatesConfig, KeyWrapperConfig {
  readonly ENVIRONMENT: 'development' | 'production'
  /** Of a service that pages speak to. */
  readonly PUBLIC_ORIGINS?: readonly string[]
  readonly AUDIT_KEY: Buffer
  readonly LOG_LEVEL: string
  readonly VERSION: string
}

/** What each of the three services stands on, made from its configuration. */
export interface ServiceGround {
  readonly service: string
  readonly version: string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly redis: RedisClient
  readonly guard: SessionGuard
  readonly rates: RateLimiter
  readonly audit: AuditLog
  readonly dataKeys: DataKeys
  readonly cipher: FieldCipher
  readonly now: () => number
}

interface Base extends Pick<ServiceGround, 'service' | 'logger' | 'metrics' | 'redis' | 'now'> {
  readonly config: Pick<
    Config,
    'ENVIRONMENT' | keyof KeyWrapperConfig | 'AUDIT_KEY' | 'VERSION' | keyof RatesConfig
  >
}

/** The ground over an open connection. */
export function createGround({ config, ...base }: Base): ServiceGround {
  const { redis, now, service } = base
  const dataKeys = createDataKeys({ redis, wrapper: chooseKeyWrapper(config, { fetch, now }), now })
  return {
    ...base,
    version: config.VERSION,
    guard: createSessionGuard({ redis, now }),
    rates: createRateLimiter({ redis, rates: ratesOf(config) }),
    audit: createAuditLog({
      redis,
      key: config.AUDIT_KEY,
      source: service,
      now,
      onAppended: createAuditLine(base.logger),
    }),
    dataKeys,
    cipher: createFieldCipher({ dataKeys, environment: config.ENVIRONMENT }),
  }
}

/**
 * Connects and builds what every service needs. Throws when Redis is not there within 10 s, or when it is unfit in
 * production; development says so and goes on.
 */
export async function openService(
  service: string,
  config: Config,
  now: () => number,
): Promise<ServiceGround> {
  refusePlainHttp(config.ENVIRONMENT, { PUBLIC_ORIGINS: config.PUBLIC_ORIGINS })
  const logger = createLogger({ service, version: config.VERSION, level: config.LOG_LEVEL })
  const redis = connectCommands(redisAt(config, service), {
    onError: (error) => logger.warn({ err: error }, 'redis connection trouble'),
  })
  try {
    await untilReady(redis)
    const unfit = await unfitForProduction(redis, config.REDIS_URL)
    if (unfit.length > 0 && config.ENVIRONMENT === 'production')
      throw new ConfigError(`This Redis is unfit for production:\n  ${unfit.join('\n  ')}`)
    if (unfit.length > 0) logger.warn({ unfit }, 'this Redis would be refused in production')
  } catch (error) {
    redis.disconnect()
    throw error
  }
  return createGround({ service, config, logger, metrics: createMetrics(service), redis, now })
}
