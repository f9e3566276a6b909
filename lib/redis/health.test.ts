import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { connectCommands, disconnect } from './connect.ts'
import { infoField, redisHealth, unfitForProduction } from './health.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

const fitUrl = 'rediss://worker:secret@redis.example:6379'

test('a Redis with persistence, no eviction, TLS and a named user is fit', async () => {
  expect(await unfitForProduction(server.redis, fitUrl)).toEqual([])
})

test.each([
  ['redis://worker:secret@redis.example', /rediss:\/\//],
  ['rediss://redis.example', /ACL user/],
  ['rediss://default:secret@redis.example', /ACL user/],
  ['rediss://:secret@redis.example', /ACL user/],
])('%s is refused, and the reason shows nothing of it', async (url, reason) => {
  const reasons = await unfitForProduction(server.redis, url)
  expect(reasons).toEqual([expect.stringMatching(reason)])
  expect(reasons.join()).not.toContain('secret')
})

test.each(['allkeys-lru', 'volatile-lru'])('eviction by %s is refused', async (policy) => {
  await server.redis.config('SET', 'maxmemory-policy', policy)
  expect(await unfitForProduction(server.redis, fitUrl)).toEqual([expect.stringMatching(/noeviction/)])
  await server.redis.config('SET', 'maxmemory-policy', 'noeviction')
})

test('a Redis that forgets at a restart is refused', async () => {
  await server.redis.config('SET', 'appendonly', 'no')
  expect(await unfitForProduction(server.redis, fitUrl)).toEqual([expect.stringMatching(/appendonly/)])
  await server.redis.config('SET', 'appendonly', 'yes')
})

test('every reason is told at once', async () => {
  await server.redis.config('SET', 'maxmemory-policy', 'allkeys-lru', 'appendonly', 'no')
  expect(await unfitForProduction(server.redis, 'redis://127.0.0.1')).toHaveLength(4)
  await server.redis.config('SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes')
})

test('health is the answer to a PING, its time, the number of clients and the memory', async () => {
  expect(await redisHealth(server.redis)).toEqual({
    status: 'healthy',
    ping: 'PONG',
    latency_ms: expect.any(Number),
    connected_clients: 1,
    used_memory_bytes: expect.any(Number),
    max_memory_bytes: 0,
  })
})

test('ill health is the class of the error, never its text, which names the host', async () => {
  const nowhere = connectCommands({ url: 'redis://127.0.0.1:1', name: 'nowhere' }, { onError: () => {} })
  expect(await redisHealth(nowhere)).toEqual({ status: 'unhealthy', type: 'Error' })
  disconnect(nowhere)
})

test('reads a field of INFO by its whole name', () => {
  const info = '# Clients\r\nmaxclients:10\r\nconnected_clients:3\r\nempty:\r\n'
  expect(infoField(info, 'connected_clients')).toBe('3')
  expect(infoField(info, 'clients')).toBeUndefined()
  expect(infoField(info, 'empty')).toBe('')
})
