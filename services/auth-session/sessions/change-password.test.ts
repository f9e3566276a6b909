import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RenewedSession } from '#lib/contract/second-factors.ts'
import { newTotpSecret } from '../second-factors/totp.ts'
import { type AuthFixture, origin, password, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { secondFactorDesk } from '../testing/second-factor-desk.ts'
import { type SessionHolder, sessionHolder } from '../testing/session-holder.ts'

let auth: AuthFixture
let one: SessionHolder
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())
beforeEach(async () => {
  one = await sessionHolder(auth)
})

const next = 'staple the battery'
const change = (body: unknown = { current: password, next }) => one.request('POST', '/auth/password', body)
const signsInWith = async (given: string) => (await auth.login(one.user.email, given)).status === 200

test('the new one signs in, the old one does not, the others end, and this session has a new token', async () => {
  const other = await auth.deps.sessions.open('north', one.user.id, 'aal1')
  const answer = await change()
  expect(answer.status).toBe(200)
  const renewed = RenewedSession.parse(await answer.json())
  expect((await auth.session(renewed.token ?? '')).status).toBe(200)
  expect(await one.alive()).toBe(false)
  expect((await auth.session(other?.token ?? '')).status).toBe(401)
  expect([await signsInWith(password), await signsInWith(next)]).toEqual([false, true])
  expect((await auth.audited()).filter(({ action }) => action === 'password.change').at(-1)).toMatchObject({
    actor: one.user.id,
    entity: `User/${one.user.id}`,
    outcome: 'success',
  })
})

test('by cookie the new token comes as a cookie', async () => {
  const headers = { Cookie: `__Host-session=${one.token}`, Origin: origin }
  const answer = await auth.post('/auth/password', { current: password, next }, headers)
  expect(await answer.json()).not.toHaveProperty('token')
  const cookie = answer.headers.get('Set-Cookie')?.split(';')[0] ?? ''
  expect((await auth.app.request('/auth/session', { headers: { Cookie: cookie } })).status).toBe(200)
})

test('a wrong current password is told at its field, counted and audited, and changes nothing', async () => {
  expect(await problemOf(change({ current: 'wrong password', next }))).toMatchObject({
    status: 401,
    code: 'invalid-credentials',
    errors: [{ path: 'current' }],
  })
  expect(await auth.redis.hget(`{p:north}:user:${one.user.id}`, 'passwordFailures')).toBe('1')
  expect((await auth.audited()).at(-1)).toMatchObject({ action: 'password.change', outcome: 'failure' })
  expect([await one.alive(), await signsInWith(password)]).toEqual([true, true])
})

test('guessing the current password makes the account wait like any sign-in', async () => {
  for (let n = 0; n < 6; n += 1) await change({ current: `guess ${n}`, next })
  const answer = await change()
  expect((await problemOf(answer)).code).toBe('too-many-requests')
  expect(answer.headers.get('Retry-After')).not.toBeNull()
})

test('needs a fresh proof', async () => {
  await one.grow(300_001)
  expect(await problemOf(change())).toMatchObject({ code: 'step-up-required', needs: { freshMs: 300_000 } })
})

test.each([
  ['too short', 'invalid-request', 'seven77'],
  ['too long', 'invalid-request', 'x'.repeat(129)],
  ['too short to open an account alone', 'weak-password', '🔑'.repeat(14)],
  ['common', 'weak-password', 'Password123'],
  ['of this service', 'weak-password', 'Workflow-Bolt'],
])('one that is %s is refused at its field', async (_, code, weak) => {
  expect(await problemOf(change({ current: password, next: weak }))).toMatchObject({
    code,
    errors: [{ path: 'next' }],
  })
  expect(await one.alive()).toBe(true)
})

test('counts code points of the normalised text', async () => {
  expect((await change({ current: password, next: '🔑'.repeat(15) })).status).toBe(200)
  one = await sessionHolder(auth)
  expect((await change({ current: password, next: '🔑'.repeat(128) })).status).toBe(200)
  one = await sessionHolder(auth)
  // Fourteen letters, each written as two code points.
  expect(await one.code('POST', '/auth/password', { current: password, next: 'a\u0308'.repeat(14) })).toBe(
    'weak-password',
  )
})

test('beside a second factor eight characters will do, and seven will not', async () => {
  const { send, person } = secondFactorDesk(auth)
  const { token } = await person({ totpSecret: newTotpSecret() })
  const status = async (next: string) =>
    (await send(token, 'POST', '/auth/password', { current: password, next })).status
  expect(await status('🔑'.repeat(7))).toBe(422)
  expect(await status('a\u0308'.repeat(7))).toBe(409)
  expect(await status('🔑'.repeat(8))).toBe(200)
})

test('a sign-in by the old password that was under way gets no session', async () => {
  for (let round = 0; round < 5; round += 1) {
    one = await sessionHolder(auth)
    const logins = Array.from({ length: 4 }, () => auth.login(one.user.email))
    const [changed, ...answers] = await Promise.all([change(), ...logins])
    expect(changed.status).toBe(200)
    for (const answer of answers) {
      const body = (await answer.json()) as { token?: string }
      if (answer.ok) expect((await auth.session(body.token ?? '')).status).toBe(401)
    }
    expect(await signsInWith(password)).toBe(false)
  }
})

test('changes nothing where it cannot be audited', async () => {
  await auth.redis.del('{audit:north}:log', '{audit:north}:head')
  await auth.redis.set('{audit:north}:head', 'not a hash')
  try {
    expect((await change()).status).toBeGreaterThanOrEqual(500)
    expect(await one.alive()).toBe(true)
  } finally {
    await auth.redis.del('{audit:north}:head')
  }
  expect(await signsInWith(password)).toBe(true)
})
