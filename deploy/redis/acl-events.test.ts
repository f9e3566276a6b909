import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventBus } from '#lib/bus/event-bus.ts'
import { RatesConfig } from '#lib/config/rates.ts'
import { createGround, type ServiceGround } from '#lib/lifecycle/open-service.ts'
import { createLogger } from '#lib/observability/logger.ts'
import { createMetrics } from '#lib/observability/metrics.ts'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { queueKeysIn } from '#lib/redis/keys.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { createInstances } from '../../services/stream-sse/instances.ts'
import { createPlaces } from '../../services/stream-sse/places.ts'
import { aclFile } from './acl.ts'
import { serverSettings } from './settings.ts'

const passwords = { operator: 'o', 'auth-session': 'a', 'tebra-proxy-worker': 't', 'stream-sse': 's' }
const config = {
  ENVIRONMENT: 'development' as const,
  PHI_KEY: randomBytes(32),
  AUDIT_KEY: randomBytes(32),
  VERSION: 'test',
  ...RatesConfig.parse({}),
}
let folder: string
let server: RedisServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acl-events-'))
  const file = join(folder, 'users.acl')
  await writeFile(file, aclFile(passwords))
  server = await startRedisServer({ folder, aclFile: file, settings: serverSettings })
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A service's ground under its own Redis user. */
async function groundOf(
  service: 'auth-session' | 'tebra-proxy-worker' | 'stream-sse',
): Promise<ServiceGround> {
  const url = `redis://${service}:${passwords[service]}@127.0.0.1:${server.port}`
  const redis = connectCommands({ url, name: 'test' }, { onError: () => {} })
  await untilReady(redis)
  const logger = createLogger({ service, version: 'test', level: 'silent' })
  return createGround({ service, config, logger, metrics: createMetrics(service), redis, now: Date.now })
}

test.each([1, 3])('each service may append to the bus of %i partitions, once under a key', async (count) => {
  const auth = await groundOf('auth-session')
  await auth.dataKeys.ensure('north')
  for (const service of ['auth-session', 'tebra-proxy-worker', 'stream-sse'] as const) {
    const ground = await groundOf(service)
    const bus = createEventBus({ ...ground, partitions: createPartitions(count) })
    const event = { practiceId: 'north', stream: 'ops:alerts', event: 'test', data: {} } as const
    const first = await bus.append(event, service)
    expect(await bus.append(event, service)).toEqual({ ...first, kind: 'already' })
    disconnect(ground.redis)
  }
  disconnect(auth.redis)
})

test('stream-sse counts its streams and tells of itself, and writes no request’s events', async () => {
  const { redis } = await groundOf('stream-sse')
  const places = createPlaces({ redis, instance: 'one', limits: { perUser: 1, perPractice: 1 } })
  const holder = { practiceId: 'north', userId: 'u' }
  expect(await places.take(holder)).toBe('taken')
  places.leave(holder)
  await places.tellChanges()
  await places.tellAll()
  expect(await places.of('north')).toEqual({ streams: 0, users: [] })
  const instances = createInstances({ redis })
  await instances.beat('one', { startedAt: new Date(0).toISOString(), streams: 0, readerIdleMs: 0 })
  expect(await instances.list()).toMatchObject([{ name: 'one' }])
  await instances.leave('one')
  const { status, responses, requests } = queueKeysIn(0)
  for (const key of [status, responses, requests])
    await expect(redis.xadd(key, '*', 'a', 'b'), key).rejects.toThrow('NOPERM')
  disconnect(redis)
})
