import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sessionKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { readUserPermissions } from './user-permissions.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  await server.redis.flushall()
  await server.redis.hset(sessionKeys.access('north', 'u'), { roles: 'clinician,operator', disabled: '0' })
})
const read = (practiceId = 'north', userId = 'u') => readUserPermissions(server.redis, practiceId, userId)

test('grants the union of the user’s roles', async () => {
  expect(await read()).toEqual([
    'patients:read',
    'flow:write',
    'ops:read',
    'dead-letters:write',
    'events:publish',
  ])
})

test('grants by the practice’s own table where it has one, and nothing by a role that is not in it', async () => {
  await server.redis.hset(sessionKeys.roles('north'), { operator: 'audit:read,ops:read' })
  expect(await read()).toEqual(['ops:read', 'audit:read'])
})

test('grants nothing to a disabled user, to an unknown one, and in another practice', async () => {
  expect(await read('north', 'stranger')).toEqual([])
  expect(await read('south')).toEqual([])
  await server.redis.hset(sessionKeys.access('north', 'u'), 'disabled', '1')
  expect(await read()).toEqual([])
})

test('grants nothing without a role', async () => {
  await server.redis.hset(sessionKeys.access('north', 'u'), 'roles', '')
  expect(await read()).toEqual([])
})

test('adds what an emergency needs until its time is over', async () => {
  const until = (ms: number) =>
    server.redis.hset(sessionKeys.access('north', 'u'), 'emergencyUntil', Date.now() + ms)
  await until(60_000)
  expect(await read()).toEqual([
    'patients:read',
    'appointments:write',
    'flow:write',
    'ops:read',
    'dead-letters:write',
    'events:publish',
  ])
  await until(-1)
  expect(await read()).not.toContain('appointments:write')
})
