import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RatesConfig, ratesOf } from '#lib/config/rates.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { startRedisServer } from '#lib/processes/redis-server.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { openTestGround, signInTestUser, type TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { aclFile } from '../../deploy/redis/acl.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { createSessionGuard } from './session-guard.ts'

let server: TestRedis
let ground: ServiceGround
let user: TestSession
let now: number

beforeAll(async () => {
  server = await startTestRedis()
  ground = await openTestGround('tiny', server)
})
afterAll(async () => {
  disconnect(ground.redis)
  await server.stop()
})
beforeEach(async () => {
  await server.redis.flushall()
  user = await signInTestUser(ground, { roles: ['clinician'], idleMs: 900_000 })
  now = 1_000_000
})

const guardOver = (redis: RedisClient) => createSessionGuard({ redis, now: () => now })
const touches = () => server.redis.xlen(sessionKeys.touches)

test('tells when the session ends by idleness and when at the latest', async () => {
  const session = await guardOver(ground.redis).check(user.token, { activity: false })
  const idleLeft = (session?.idleExpiresAt ?? 0) - Date.now()
  expect(idleLeft).toBeGreaterThan(890_000)
  expect(idleLeft).toBeLessThanOrEqual(900_000)
  expect((session?.absoluteExpiresAt ?? 0) - Date.now()).toBeGreaterThan(11 * 3_600_000)
})

test('never promises idle time past the absolute end', async () => {
  const end = Date.now() + 5_000
  await server.redis.hset(
    sessionKeys.session(user.practiceId, user.tokenHash),
    'absoluteExpiresAt',
    String(end),
  )
  const session = await guardOver(ground.redis).check(user.token, { activity: false })
  expect(session).toMatchObject({ idleExpiresAt: end, absoluteExpiresAt: end })
})

test('reports activity at most every 30 s a session', async () => {
  const guard = guardOver(ground.redis)
  for (const [ms, expected] of [
    [0, 1],
    [29_999, 1],
    [1, 2],
    [30_000, 3],
  ] as const) {
    now += ms
    await guard.check(user.token, { activity: true })
    expect(await touches()).toBe(expected)
  }
})

test('reports which session was active, by its hash', async () => {
  await guardOver(ground.redis).check(user.token, { activity: true })
  const [entry] = await server.redis.xrange(sessionKeys.touches, '-', '+')
  expect(entry?.[1]).toEqual(['p', user.practiceId, 'h', user.tokenHash])
})

test('reports each session of its own', async () => {
  const other = await signInTestUser(ground, { roles: ['operator'] })
  const guard = guardOver(ground.redis)
  await guard.check(user.token, { activity: true })
  await guard.check(other.token, { activity: true })
  expect(await touches()).toBe(2)
})

test('reports no activity of a session that is not good', async () => {
  await server.redis.hset(sessionKeys.access(user.practiceId, user.userId), 'disabled', '1')
  expect(await guardOver(ground.redis).check(user.token, { activity: true })).toBeUndefined()
  expect(await touches()).toBe(0)
})

test('never lengthens a session by itself', async () => {
  const key = sessionKeys.session(user.practiceId, user.tokenHash)
  await server.redis.pexpire(key, 60_000)
  await guardOver(ground.redis).check(user.token, { activity: true })
  expect(await server.redis.pttl(key)).toBeLessThanOrEqual(60_000)
})

test('makes no look-up for what cannot be a token', async () => {
  const nowhere = connectCommands({ url: 'redis://127.0.0.1:1', name: 'nowhere' }, { onError: () => {} })
  expect(await guardOver(nowhere).check('nonsense', { activity: true })).toBeUndefined()
  disconnect(nowhere)
})

test('looks again by hash, without a token and without activity', async () => {
  const guard = guardOver(ground.redis)
  expect(await guard.recheck(user.practiceId, user.tokenHash)).toMatchObject({ userId: user.userId })
  expect(await touches()).toBe(0)
  await server.redis.incr(sessionKeys.epoch(user.practiceId))
  expect(await guard.recheck(user.practiceId, user.tokenHash)).toBeUndefined()
})

test('tells a session of two factors from one of one', async () => {
  await server.redis.hset(sessionKeys.session(user.practiceId, user.tokenHash), 'aal', 'aal2')
  expect(await guardOver(ground.redis).check(user.token, { activity: false })).toMatchObject({ aal: 'aal2' })
})

test('tells when a factor was proved last and when that was asked, by Redis’ clock', async () => {
  const session = await guardOver(ground.redis).check(user.token, { activity: false })
  const { provedAt, checkedAt } = session ?? { provedAt: 0, checkedAt: 0 }
  expect(checkedAt - provedAt).toBeGreaterThanOrEqual(0)
  expect(checkedAt - provedAt).toBeLessThan(10_000)
  await server.redis.hdel(sessionKeys.session(user.practiceId, user.tokenHash), 'provedAt')
  expect(await guardOver(ground.redis).check(user.token, { activity: false })).toMatchObject({ provedAt: 0 })
})

test('widens the permissions of a session with emergency access, until its time is over', async () => {
  const key = sessionKeys.session(user.practiceId, user.tokenHash)
  const check = () => guardOver(ground.redis).check(user.token, { activity: false })
  const until = Date.now() + 60_000
  await server.redis.hset(key, 'emergencyUntil', until)
  expect(await check()).toMatchObject({
    permissions: ['patients:read', 'appointments:write', 'flow:write'],
    emergencyUntil: until,
  })
  await server.redis.hset(key, 'emergencyUntil', Date.now() - 1)
  const session = await check()
  expect(session?.permissions).toEqual(['patients:read', 'flow:write'])
  expect(session?.emergencyUntil).toBeUndefined()
})

test('works with an ACL user that can read sessions and not write them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redis-acl-'))
  const file = join(folder, 'users.acl')
  const passwords = { 'auth-session': 'a', 'tebra-proxy-worker': 't', 'stream-sse': 's', operator: 'o' }
  await writeFile(file, aclFile(passwords))
  const guarded = await startRedisServer({ folder, aclFile: file })
  const connectAs = async (name: keyof typeof passwords) => {
    const url = `redis://${name}:${passwords[name]}@127.0.0.1:${guarded.port}`
    const redis = connectCommands({ url, name }, { onError: () => {} })
    await untilReady(redis)
    return redis
  }
  const [operator, reader] = [await connectAs('operator'), await connectAs('stream-sse')]
  const session = await signInTestUser({ ...ground, redis: operator }, { roles: ['clinician'] })
  const key = sessionKeys.session(session.practiceId, session.tokenHash)
  const access = sessionKeys.access(session.practiceId, session.userId)

  const found = await guardOver(reader).check(session.token, { activity: true })
  expect(found).toMatchObject({ userId: session.userId, permissions: ['patients:read', 'flow:write'] })
  expect(await operator.xlen(sessionKeys.touches)).toBe(1)
  for (const write of [
    () => reader.hset(key, 'userId', 'someone else'),
    () => reader.pexpire(key, 1),
    () => reader.del(key),
    () => reader.hset(access, 'roles', 'admin'),
    () => reader.incr(sessionKeys.epoch(session.practiceId)),
    () => reader.eval("return redis.call('DEL', KEYS[1])", 1, key),
  ])
    await expect(write()).rejects.toThrow(/NOPERM|ACL|permission/)
  await expect(reader.hgetall(sessionKeys.user(session.practiceId, session.userId))).rejects.toThrow('NOPERM')
  expect(await guardOver(reader).check(session.token, { activity: false })).toMatchObject({
    userId: session.userId,
  })

  // A request is counted and the session only read, in one step.
  const { quotas } = createRateLimiter({ redis: reader, rates: ratesOf(RatesConfig.parse({})) })
  const admitted = await guardOver(reader).check(session.token, { activity: false, quotas: quotas.read })
  expect(admitted).toMatchObject({ userId: session.userId, taken: { waitMs: 0, left: 599 } })
  await expect(
    guardOver(reader).check(session.token, { activity: false, quotas: quotas.read, withAddress: true }),
  ).rejects.toThrow("can't access")

  disconnect(operator, reader)
  await guarded.stop()
  await rm(folder, { recursive: true, force: true })
})
