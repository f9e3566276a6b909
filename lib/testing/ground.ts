import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { RatesConfig } from '#lib/config/rates.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { type Role, secondFactorRoles } from '#lib/contract/permissions.ts'
import type { AssuranceLevel } from '#lib/contract/session.ts'
import { createToken, parseToken } from '#lib/crypto/session-token.ts'
import { openService, type ServiceGround } from '#lib/lifecycle/open-service.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { lavishRates } from './lavish-rates.ts'
import { type RedisAddress, redisPlaceOf } from './redis.ts'

export const testSecrets = { PHI_KEY: randomBytes(32), AUDIT_KEY: randomBytes(32) }

/** A service's ground over the test's own Redis, logging nothing. */
export function openTestGround(service: string, redis: RedisAddress): Promise<ServiceGround> {
  return openService(
    service,
    {
      ENVIRONMENT: 'development',
      ...redisPlaceOf(redis),
      LOG_LEVEL: 'silent',
      VERSION: 'test',
      ...RatesConfig.parse(lavishRates),
      ...testSecrets,
    },
    Date.now,
  )
}

export interface TestSession {
  readonly token: string
  readonly tokenHash: string
  readonly userId: string
  readonly practiceId: string
  readonly headers: Readonly<Record<string, string>>
}

/** A signed-in user, written as auth-session writes one. */
export async function signInTestUser(
  ground: Pick<ServiceGround, 'redis' | 'dataKeys' | 'now'>,
  options: {
    roles: readonly Role[]
    practiceId?: string
    userId?: string
    idleMs?: number
    aal?: AssuranceLevel
  },
): Promise<TestSession> {
  const { redis, now } = ground
  const { practiceId = 'test-clinic', userId = Uuid.parse(uuidv7()), idleMs = 900_000 } = options
  await ground.dataKeys.ensure(practiceId)
  const token = createToken(practiceId)
  const tokenHash = parseToken(token)?.hash ?? ''
  const session = sessionKeys.session(practiceId, tokenHash)
  await redis.hset(sessionKeys.access(practiceId, userId), {
    roles: options.roles.join(','),
    epoch: '0',
    disabled: '0',
  })
  await redis.hset(session, {
    userId,
    // At the level their roles grant something.
    aal: options.aal ?? (options.roles.some((role) => secondFactorRoles.includes(role)) ? 'aal2' : 'aal1'),
    provedAt: String(now()),
    createdAt: String(now()),
    absoluteExpiresAt: String(now() + 12 * 3_600_000),
    userEpoch: '0',
    practiceEpoch: (await redis.get(sessionKeys.epoch(practiceId))) ?? '0',
  })
  await redis.pexpire(session, idleMs)
  return { token, tokenHash, userId, practiceId, headers: { Authorization: `Bearer ${token}` } }
}
