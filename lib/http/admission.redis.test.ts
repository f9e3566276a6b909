import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseToken } from '#lib/crypto/session-token.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { infoField } from '#lib/redis/health.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { isRedisUnavailable } from '#lib/redis/unavailable.ts'
import { openTestGround, signInTestUser, type TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type AdmissionOptions, createAdmission } from './admission.ts'
import { createRateLimiter, type Rate } from './rate-limiter.ts'

const plenty: Rate = { session: 1_000, user: 1_000, practice: 1_000 }

let server: TestRedis
let ground: ServiceGround
beforeAll(async () => {
  server = await startTestRedis()
  ground = await openTestGround('tiny', server)
})
afterAll(async () => {
  disconnect(ground.redis)
  await server.stop()
})
beforeEach(() => server.redis.flushall())

function admissionWith(rate: Partial<Rate> = {}, redis = ground.redis) {
  const rates = { ...plenty, ...rate }
  const { quotas } = createRateLimiter({
    redis,
    rates: { read: rates, write: rates, sensitive: rates, stream: rates },
  })
  const admit = createAdmission(redis)
  return (session: TestSession, options: AdmissionOptions = {}) => {
    const parsed = parseToken(session.token)
    if (!parsed) throw new Error('no token')
    return admit(parsed, quotas.read, options)
  }
}
const signIn = (practiceId = 'north') => signInTestUser(ground, { roles: ['front-desk'], practiceId })
const signInMany = (count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => signIn(`practice-${index % 3}`)))

const scriptsRun = async () => {
  const calls = /calls=(\d+)/.exec(
    infoField(await server.redis.info('commandstats'), 'cmdstat_evalsha') ?? '',
  )
  return Number(calls?.[1] ?? 0)
}
const reasonsOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : 'passed'))

test('requests of one turn are few steps of Redis, and each is answered with its own session', async () => {
  const admit = admissionWith()
  const sessions = await signInMany(40)
  await Promise.all(sessions.map((session) => admit(session)))
  const before = await scriptsRun()
  const answers = await Promise.all(sessions.map((session) => admit(session)))
  expect(answers.map((answer) => answer?.userId)).toEqual(sessions.map(({ userId }) => userId))
  expect(answers.map((answer) => answer?.practiceId)).toEqual(sessions.map(({ practiceId }) => practiceId))
  expect((await scriptsRun()) - before).toBe(2)
})

test('among requests of one turn those of an ended session and of another user are not answered', async () => {
  const admit = admissionWith()
  const [good, ended, another] = [await signIn(), await signIn(), await signIn()]
  await server.redis.del(sessionKeys.session('north', ended.tokenHash))
  const answers = await Promise.all([
    admit(ended),
    admit(good),
    admit(another, { userId: good.userId }),
    admit(another, { userId: another.userId }),
  ])
  expect(answers.map((answer) => answer?.userId)).toEqual([undefined, good.userId, undefined, another.userId])
  // The practice's bucket, out of which only the two that were answered took one.
  expect(answers[3]?.taken).toMatchObject({ waitMs: 0, at: 3, left: 998 })
})

test('counts every request of one turn', async () => {
  const admit = admissionWith({ session: 2 })
  const [busy, calm] = [await signIn(), await signIn()]
  const answers = await Promise.all([busy, busy, calm, busy, busy].map((session) => admit(session)))
  expect(answers.map((answer) => (answer?.taken?.waitMs ?? 0) > 0)).toEqual([false, false, false, true, true])
})

test('a broken record is an error of its own request alone', async () => {
  const admit = admissionWith()
  const [good, ofAnotherType, unreadable] = [await signIn(), await signIn(), await signIn()]
  await server.redis.set(sessionKeys.session('north', ofAnotherType.tokenHash), 'a string')
  await server.redis.hset(
    sessionKeys.session('north', unreadable.tokenHash),
    'absoluteExpiresAt',
    'no number',
  )
  const outcomes = await Promise.allSettled(
    [ofAnotherType, unreadable, good].map((session) => admit(session)),
  )
  expect(reasonsOf(outcomes)).toEqual([
    expect.stringContaining('WRONGTYPE'),
    expect.stringContaining('compare nil with number'),
    'passed',
  ])
})

test('where Redis has no room every request of the turn is told that it is away, and then served again', async () => {
  const admit = admissionWith()
  const sessions = await signInMany(3)
  await server.redis.config('SET', 'maxmemory', 1)
  const outcomes = await Promise.allSettled(sessions.map((session) => admit(session)))
  await server.redis.config('SET', 'maxmemory', 0)
  expect(
    outcomes.map((outcome) => outcome.status === 'rejected' && isRedisUnavailable(outcome.reason)),
  ).toEqual([true, true, true])
  expect(await Promise.all(sessions.map((session) => admit(session)))).not.toContain(undefined)
})

test('a primary that has become a replica is left: requests fail, and the connection is made anew', async () => {
  const redis = connectCommands({ url: server.url, name: 'demoted' }, { onError: () => {} })
  await untilReady(redis)
  const admit = admissionWith({}, redis)
  const sessions = await signInMany(3)
  await server.redis.replicaof('127.0.0.1', 1)
  const idBefore = await redis.client('ID')
  const outcomes = await Promise.allSettled(sessions.map((session) => admit(session)))
  await server.redis.replicaof('NO', 'ONE')
  expect(reasonsOf(outcomes)).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('READONLY')))
  await until('another connection', async () => (await redis.client('ID').catch(() => idBefore)) !== idBefore)
  await untilReady(redis)
  expect(await Promise.all(sessions.map((session) => admit(session)))).not.toContain(undefined)
  disconnect(redis)
})

test('a connection lost between the sending and the answer fails every request of the turn, and none is sent again', async () => {
  const redis = connectCommands({ url: server.url, name: 'cut' }, { onError: () => {} })
  await untilReady(redis)
  const admit = admissionWith({ session: 60 }, redis)
  const session = await signIn()
  await admit(session)
  await server.redis.client('PAUSE', 10_000, 'WRITE')
  const asked = Promise.allSettled([session, session, session].map((one) => admit(one)))
  await until('Redis has them', async () => String(await server.redis.client('LIST')).includes('cmd=evalsha'))
  redis.disconnect(true)
  const outcomes = await asked
  await server.redis.client('UNPAUSE')
  expect(
    outcomes.map((outcome) => outcome.status === 'rejected' && isRedisUnavailable(outcome.reason)),
  ).toEqual([true, true, true])
  await untilReady(redis)
  // One comes back each second; three that had run after all would leave 55.
  expect((await admit(session))?.taken?.left).toBeGreaterThanOrEqual(58)
  disconnect(redis)
})

test('a Redis that has forgotten the script is sent it, and each request is still counted once', async () => {
  const admit = admissionWith()
  const session = await signIn()
  await server.redis.script('FLUSH')
  const answers = await Promise.all([session, session, session].map((one) => admit(one)))
  expect(answers.map((answer) => answer?.taken?.left)).toEqual([999, 998, 997])
})
