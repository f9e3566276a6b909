import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthFixture, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { sessionHolder } from '../testing/session-holder.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const path = '/auth/practice/session-limits'
const admin = (practiceId: string) => sessionHolder(auth, { roles: ['admin'], aal: 'aal2', practiceId })
const minutes = 60_000
const idleLeft = async (key: string) => auth.redis.pttl(key)

test('sessions that begin afterwards are shorter, and only in that practice', async () => {
  const manager = await admin('short')
  const answer = await manager.request('PATCH', path, { idleMs: 5 * minutes, absoluteMs: 60 * minutes })
  expect(await answer.json()).toEqual({ idleMs: 5 * minutes, absoluteMs: 60 * minutes, perUserMax: 100 })
  expect((await auth.audited('short')).at(-1)).toMatchObject({
    action: 'session.limits',
    actor: manager.user.id,
  })

  const [here, elsewhere] = [await sessionHolder(auth, { practiceId: 'short' }), await sessionHolder(auth)]
  expect(await idleLeft(here.key)).toBeLessThanOrEqual(5 * minutes)
  expect(await idleLeft(elsewhere.key)).toBeGreaterThan(14 * minutes)
  const end = Number(await auth.redis.hget(here.key, 'absoluteExpiresAt'))
  expect(end - Date.now()).toBeLessThanOrEqual(60 * minutes)
})

test('a session that runs has them from its next activity on, and no touch lengthens it again', async () => {
  const [manager, clerk] = [await admin('running'), await sessionHolder(auth, { practiceId: 'running' })]
  expect(await idleLeft(clerk.key)).toBeGreaterThan(14 * minutes)
  await manager.request('PATCH', path, { idleMs: 2 * minutes, absoluteMs: 10 * minutes })
  await clerk.request('GET', '/auth/session')
  expect(await idleLeft(clerk.key)).toBeLessThanOrEqual(2 * minutes)
  const end = await auth.redis.hget(clerk.key, 'absoluteExpiresAt')
  expect(Number(end) - Date.now()).toBeLessThanOrEqual(10 * minutes)

  await manager.request('PATCH', path, { idleMs: null, absoluteMs: null })
  await clerk.request('GET', '/auth/session')
  expect(await idleLeft(clerk.key)).toBeGreaterThan(9 * minutes)
  expect(await auth.redis.hget(clerk.key, 'absoluteExpiresAt')).toBe(end)
})

test('one can be set without the other, and given back', async () => {
  const manager = await admin('partly')
  const now = async (wanted: unknown) => (await manager.request('PATCH', path, wanted)).json()
  expect(await now({ idleMs: 60_000 })).toMatchObject({ idleMs: 60_000, absoluteMs: 43_200_000 })
  expect(await now({ absoluteMs: 300_000 })).toMatchObject({ idleMs: 60_000, absoluteMs: 300_000 })
  expect(await now({ idleMs: null })).toMatchObject({ idleMs: 900_000, absoluteMs: 300_000 })
})

test.each([
  { idleMs: 900_001 },
  { absoluteMs: 43_200_001 },
  { idleMs: 59_999 },
  { idleMs: 'x' },
  {},
  { other: 1 },
])('refuses %j', async (wanted) => {
  const manager = await admin('refused')
  expect(await manager.code('PATCH', path, wanted)).toBe('invalid-request')
  expect(await auth.redis.exists('{p:refused}:session-limits')).toBe(0)
})

test('the document names this service’s time-outs as the longest', async () => {
  const { app } = await auth.replica({ IDLE_TIMEOUT_MS: '120000', ABSOLUTE_TIMEOUT_MS: '600000' })
  const document = (await (await app.request('/auth/openapi.json')).json()) as {
    components: { schemas: Record<string, { properties: object }> }
  }
  expect(document.components.schemas.PracticeSessionLimits?.properties).toMatchObject({
    idleMs: { minimum: 60_000, maximum: 120_000 },
    absoluteMs: { minimum: 300_000, maximum: 600_000 },
  })
})

test('needs users:manage and a fresh proof', async () => {
  const [clerk, manager] = [await sessionHolder(auth), await admin('north')]
  expect(await clerk.code('PATCH', path, { idleMs: 60_000 })).toBe('forbidden')
  await manager.grow(300_001)
  expect(await problemOf(manager.request('PATCH', path, { idleMs: 60_000 }))).toMatchObject({
    code: 'step-up-required',
    needs: { freshMs: 300_000 },
  })
})
