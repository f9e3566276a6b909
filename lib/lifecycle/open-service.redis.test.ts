import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RatesConfig } from '#lib/config/rates.ts'
import { ConfigError } from '#lib/config/read-config.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { openService } from './open-service.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

const config = (REDIS_URL: string, ENVIRONMENT: 'development' | 'production' = 'development') => ({
  ENVIRONMENT,
  REDIS_URL,
  PHI_KEY: randomBytes(32),
  AUDIT_KEY: randomBytes(32),
  LOG_LEVEL: 'silent',
  VERSION: '1.2.3',
  ...RatesConfig.parse({}),
})
const clients = async () => (await server.redis.client('LIST')) as string

test('opens in development what production refuses', async () => {
  const ground = await openService('tiny', config(server.url), Date.now)
  expect(ground).toMatchObject({ service: 'tiny', version: '1.2.3' })
  expect(await ground.redis.ping()).toBe('PONG')
  expect(await clients()).toContain('name=tiny')
  disconnect(ground.redis)
})

test('builds cipher, keys, guard and audit that work together', async () => {
  const ground = await openService('tiny', config(server.url), Date.now)
  await ground.dataKeys.ensure('north')
  const place = { practiceId: 'north', key: 'k', field: 'f' }
  expect(await ground.cipher.decrypt(place, await ground.cipher.encrypt(place, 'text'))).toBe('text')
  expect(await ground.guard.check(`north.${'A'.repeat(43)}`, { activity: true })).toBeUndefined()
  await ground.audit.append({
    action: 'stream.open',
    actor: 'tiny',
    practiceId: 'north',
    entity: 'Session/1',
    outcome: 'success',
    requestId: 'r',
  })
  disconnect(ground.redis)
})

test('refuses an unfit Redis in production with every reason, and lets the connection go', async () => {
  await server.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const url = server.url.replace('//', '//default:ignored-secret@')
  await server.redis.acl('SETUSER', 'default', '>ignored-secret')
  const opening = openService('refused', config(url, 'production'), Date.now)
  const error: unknown = await opening.catch((reason: unknown) => reason)
  await server.redis.acl('SETUSER', 'default', 'nopass')
  await server.redis.config('SET', 'maxmemory-policy', 'noeviction')

  expect(error).toBeInstanceOf(ConfigError)
  const message = String(error)
  for (const reason of ['unfit for production', 'noeviction', 'rediss://', 'ACL user'])
    expect(message).toContain(reason)
  expect(message).not.toContain('ignored-secret')
  expect(await clients()).not.toContain('name=refused')
})

test('refuses pages of a plain http:// origin in production, before it connects', async () => {
  const insecure = { ...config(server.url, 'production'), PUBLIC_ORIGINS: ['http://clinic.example'] }
  await expect(openService('insecure', insecure, Date.now)).rejects.toThrow('PUBLIC_ORIGINS')
  expect(await clients()).not.toContain('name=insecure')
})

test('says what to do when Redis is not there', async () => {
  const url = `redis://127.0.0.1:${await freePort()}`
  await expect(openService('tiny', config(url), Date.now)).rejects.toThrow('is it running at the configured')
}, 15_000)
