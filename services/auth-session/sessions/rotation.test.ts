import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { SessionEnded } from '#lib/contract/session.ts'
import { until } from '#lib/processes/wait.ts'
import { connectSubscriber, disconnect, untilReady } from '#lib/redis/connect.ts'
import { type AuthFixture, startAuth } from '../testing/auth-fixture.ts'
import { holding, type SessionHolder, sessionHolder } from '../testing/session-holder.ts'
import { revokeUser } from './revoke-sessions.ts'

let auth: AuthFixture
let old: SessionHolder
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())
beforeEach(async () => {
  old = await sessionHolder(auth)
})

const rotate = (more: { endOthers?: boolean } = {}) =>
  auth.deps.sessions.rotate('north', old.tokenHash, { aal: 'aal2', ...more })
const rotated = async (more: { endOthers?: boolean } = {}) => {
  const renewed = await rotate(more)
  if (!renewed) throw new Error('not rotated')
  return { ...holding(auth, old.user, renewed), view: renewed.view }
}
const fields = (key: string) => auth.redis.hgetall(key)

test('gives the same life a new name, at the proved level, proved just now', async () => {
  await old.grow(3_600_000)
  const before = await fields(old.key)
  const young = await rotated()
  const after = await fields(young.key)
  expect(after).toMatchObject({
    userId: before.userId,
    createdAt: before.createdAt,
    absoluteExpiresAt: before.absoluteExpiresAt,
    userEpoch: before.userEpoch,
    aal: 'aal2',
  })
  expect(Number(after.provedAt)).toBeGreaterThan(Date.now() - 10_000)
  expect(await auth.deps.guard.check(young.token, { activity: false })).toMatchObject({
    aal: 'aal2',
    provedAt: Number(after.provedAt),
    createdAt: Number(before.createdAt),
  })
  expect([await old.alive(), await young.alive()]).toEqual([false, true])
  expect(await auth.redis.zrange(`{p:north}:sessions:${old.user.id}`, '0', '-1')).toEqual([young.tokenHash])
})

test('tells who held the old name that it is over, when the new one is there already', async () => {
  const subscriber = connectSubscriber({ url: auth.url, name: 'test' }, { onError: () => {} })
  await untilReady(subscriber)
  await subscriber.subscribe('session-ended')
  const found: (string | number)[] = []
  subscriber.on('message', (_, text) => {
    const ended = SessionEnded.parse(JSON.parse(text))
    found.push(`${ended.tokenHash} ${ended.rotated}`)
    void auth.redis.zcard(`{p:north}:sessions:${old.user.id}`).then((count) => found.push(count))
  })
  await rotate()
  await until('the old end is published and looked at', () => found.length === 2)
  expect(found).toEqual([`${old.tokenHash} true`, 1])
  disconnect(subscriber)
})

test('restarts the idle time, and never passes the absolute expiry', async () => {
  await auth.redis.pexpire(old.key, 60_000)
  const young = await rotated()
  expect(await auth.redis.pttl(young.key)).toBeGreaterThan(890_000)
  const soon = Date.now() + 30_000
  await auth.redis.hset(young.key, 'absoluteExpiresAt', soon)
  const again = await auth.deps.sessions.rotate('north', young.tokenHash, { aal: 'aal1' })
  expect(again?.view).toMatchObject({
    aal: 'aal1',
    idleExpiresAt: new Date(soon).toISOString(),
    absoluteExpiresAt: new Date(soon).toISOString(),
  })
})

test.each([
  ['that ended', () => auth.deps.sessions.end('north', old.tokenHash)],
  ['that was revoked', () => revokeUser(auth.redis, 'north', old.user.id)],
  ['whose practice was revoked', () => auth.redis.incr('{p:north}:epoch')],
  ['whose user is disabled', () => auth.redis.hset(`{p:north}:access:${old.user.id}`, 'disabled', '1')],
  ['at its absolute end', () => auth.redis.hset(old.key, 'absoluteExpiresAt', Date.now())],
])('gives no token for a session %s', async (_, end) => {
  await end()
  expect(await rotate()).toBeUndefined()
  expect(await rotate({ endOthers: true })).toBeUndefined()
})

test('of many at the same time one gets the token', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => rotate()))
  expect(all.filter(Boolean)).toHaveLength(1)
})

test('ends the others in the same step where it is asked to', async () => {
  const second = await auth.deps.sessions.open('north', old.user.id, 'aal1')
  const young = await rotated({ endOthers: true })
  expect(await young.alive()).toBe(true)
  expect((await auth.session(second?.token ?? '')).status).toBe(401)
})

test('rotation beside an end leaves either the new session or none, and never the old one', async () => {
  for (let round = 0; round < 50; round += 1) {
    old = await sessionHolder(auth)
    const end = () => auth.deps.sessions.end('north', old.tokenHash)
    // Commands leave in the order in which they were asked for.
    const late = round % 2 === 0 ? undefined : end()
    const [renewed, ended] = await Promise.all([rotate(), late ?? end()])
    expect(await old.alive()).toBe(false)
    expect((renewed !== undefined) !== (ended !== undefined), `round ${round}`).toBe(true)
    const left = await auth.redis.keys(`{p:north}:session:*`)
    expect(left.some((key) => key.endsWith(old.tokenHash))).toBe(false)
  }
})

test('rotation beside a revocation leaves nothing alive', async () => {
  for (let round = 0; round < 50; round += 1) {
    old = await sessionHolder(auth)
    const both = [
      () => rotate({ endOthers: round % 4 > 1 }),
      () => revokeUser(auth.redis, 'north', old.user.id),
    ]
    if (round % 2 === 1) both.reverse()
    const answers = await Promise.all(both.map((one) => one()))
    const renewed = answers.find((answer) => typeof answer === 'object')
    expect(renewed ? await holding(auth, old.user, renewed).alive() : false, `round ${round}`).toBe(false)
  }
})
