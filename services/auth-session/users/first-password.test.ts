import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RenewedSession } from '#lib/contract/second-factors.ts'
import { LoginAnswer, SessionAnswer, SessionList } from '#lib/contract/session.ts'
import type { UserAccount } from '#lib/contract/users.ts'
import { createMetrics } from '#lib/observability/metrics.ts'
import { createApp } from '../app.ts'
import { type AuthFixture, password, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { askWith, type SignedIn, signedIn } from '../testing/signed-in.ts'
import { postToken } from '../testing/token-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

const day = 24 * 3_600_000
const first = 'the first of them all'
const own = 'known to nobody else'

let auth: AuthFixture
let boss: SignedIn
let people = 0
beforeAll(async () => {
  auth = await startAuth({ env: { INTERNAL_AUDIENCES: 'reports' } })
})
afterAll(() => auth.stop())
beforeEach(async () => {
  boss = await signedIn(auth, { roles: ['admin'] })
})

const codeOf = async (answer: Response | Promise<Response>) => (await problemOf(answer)).code
const userKey = (id: string) => `{p:north}:user:${id}`

/** A new colleague whose password the admin chose. */
async function hire(): Promise<UserAccount> {
  people += 1
  const body = { email: `hired${people}@clinic.example`, password: first, roles: ['clinician'] }
  return (await (await boss.ask('POST', '/auth/users', body)).json()) as UserAccount
}

const accountOf = async (id: string) =>
  (await (await boss.ask('GET', `/auth/users/${id}`)).json()) as UserAccount
const reset = async (id: string, to = first) =>
  boss.ask('PATCH', `/auth/users/${id}`, { expectedVersion: (await accountOf(id)).version, password: to })
const sessionOf = async (token: string) => SessionAnswer.parse(await (await auth.session(token)).json())
const change = (token: string, next = own, current = first) =>
  askWith(auth, token)('POST', '/auth/password', { current, next })

describe('a first password', () => {
  test('opens a session that may do nothing until its owner has chosen another one', async () => {
    const { id, email, firstPasswordUntil = '' } = await hire()
    expect(Date.parse(firstPasswordUntil) - auth.deps.now()).toBeGreaterThan(day - 60_000)
    const answer = LoginAnswer.parse(await (await auth.login(email, first)).json())
    expect(answer.session.mustChangePassword).toBe(true)
    const token = answer.token ?? ''
    expect(await sessionOf(token)).toMatchObject({ session: { mustChangePassword: true }, permissions: [] })

    const changed = await change(token)
    expect(changed.status).toBe(200)
    const renewed = RenewedSession.parse(await changed.json())
    expect(renewed.session.mustChangePassword).toBeUndefined()
    const free = await sessionOf(renewed.token ?? '')
    expect(free.session.mustChangePassword).toBeUndefined()
    expect(free.permissions).toEqual(['patients:read', 'flow:write'])
    expect(await accountOf(id)).not.toHaveProperty('firstPasswordUntil')
    expect((await auth.login(email, first)).status).toBe(401)
    const later = LoginAnswer.parse(await (await auth.login(email, own)).json())
    expect(later.session.mustChangePassword).toBeUndefined()
    const { sessions } = SessionList.parse(
      await (await askWith(auth, later.token ?? '')('GET', '/auth/sessions')).json(),
    )
    expect(sessions.some(({ mustChangePassword }) => mustChangePassword)).toBe(false)
  })

  test.each([
    ['GET', '/auth/sessions'],
    ['POST', '/auth/sessions/revoke-all', {}],
    ['POST', '/auth/mfa/totp'],
    ['POST', '/auth/passkeys/registration/options'],
    ['GET', '/auth/practices'],
    ['POST', '/auth/session/practice', { practiceId: 'south' }],
    ['GET', '/auth/users'],
    ['POST', '/auth/emergency-access', { reason: 'a patient cannot breathe' }],
    ['GET', '/auth/audit'],
  ])('is not enough for %s %s', async (method, path, body?) => {
    const { email } = await hire()
    const ask = askWith(auth, await tokenOf(auth.login(email, first)))
    expect(await codeOf(ask(method, path, body))).toBe('password-change-required')
  })

  test('is not enough to link another account, nor for a token that another service takes', async () => {
    const { email } = await hire()
    const token = await tokenOf(auth.login(email, first))
    const southern = await signedIn(auth, { practiceId: 'south' })
    expect(await codeOf(southern.ask('POST', '/auth/practices', { token }))).toBe('password-change-required')
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'reports',
    }
    expect((await postToken(auth, form)).body).toMatchObject({ error: 'invalid_request' })
    const free = RenewedSession.parse(await (await change(token)).json()).token ?? ''
    expect((await postToken(auth, { ...form, subject_token: free })).status).toBe(200)
  })

  test('lets its session prove itself anew, see itself, and end', async () => {
    const { email } = await hire()
    const token = await tokenOf(auth.login(email, first))
    const proved = await askWith(auth, token)('POST', '/auth/step-up', { password: first })
    const renewed = RenewedSession.parse(await proved.json())
    expect(renewed.session.mustChangePassword).toBe(true)
    const ask = askWith(auth, renewed.token ?? '')
    expect((await ask('GET', '/auth/mfa')).status).toBe(200)
    expect(await codeOf(ask('GET', '/auth/sessions'))).toBe('password-change-required')
    expect((await ask('POST', '/auth/logout')).status).toBe(204)
  })

  test('stays one beside a second factor', async () => {
    const user = await auth.user({ totpSecret })
    expect((await reset(user.id)).status).toBe(200)
    const { challengeId = '' } = await problemOf(auth.login(user.email, first))
    const token = await tokenOf(auth.mfa(challengeId, codeAt(auth.deps.now(), totpSecret)))
    expect(await sessionOf(token)).toMatchObject({
      session: { aal: 'aal2', mustChangePassword: true },
      permissions: [],
    })
  })

  test.each([
    ['the same', 'café au lait, no sugar', 'café au lait, no sugar'],
    ['the same in another normal form', 'caf\u00e9 au lait, no sugar', 'cafe\u0301 au lait, no sugar'],
  ])('is not followed by %s', async (_, chosen, next) => {
    const { id, email } = await hire()
    await reset(id, chosen)
    const token = await tokenOf(auth.login(email, chosen))
    expect(await problemOf(change(token, next, chosen))).toMatchObject({
      code: 'weak-password',
      errors: [{ path: 'next' }],
    })
    expect((await sessionOf(token)).session.mustChangePassword).toBe(true)
  })

  test('expires: it neither signs in nor proves nor changes anything, and a new one does', async () => {
    const { id, email, firstPasswordUntil = '' } = await hire()
    const token = await tokenOf(auth.login(email, first))
    await auth.redis.hset(userKey(id), 'firstPasswordUntil', String(auth.deps.now()))
    expect(await codeOf(auth.login(email, first))).toBe('first-password-expired')
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'session.login-failed',
      entity: `User/${id}`,
      reason: 'first-password-expired',
    })
    expect(await codeOf(auth.login(email, 'not even that one'))).toBe('invalid-credentials')
    const ask = askWith(auth, token)
    expect(await codeOf(ask('POST', '/auth/step-up', { password: first }))).toBe('invalid-credentials')
    expect(await codeOf(change(token))).toBe('first-password-expired')

    expect((await reset(id, 'the second of them')).status).toBe(200)
    expect((await auth.login(email, 'the second of them')).status).toBe(200)
    expect((await accountOf(id)).firstPasswordUntil ?? '').not.toBe(firstPasswordUntil)
  })

  test('lives a day from when it was chosen', async () => {
    const { email } = await hire()
    auth.clock.advance(day - 60_000)
    expect((await auth.login(email, first)).status).toBe(200)
    auth.clock.advance(60_000)
    expect(await codeOf(auth.login(email, first))).toBe('first-password-expired')
  })
})

describe('no first password', () => {
  test('is one that an administrator chooses for themselves', async () => {
    expect((await reset(boss.id, own)).status).toBe(200)
    const answer = LoginAnswer.parse(await (await auth.login(boss.email, own)).json())
    expect(answer.session.mustChangePassword).toBeUndefined()
  })

  test('is one that the service was started with', async () => {
    const answer = LoginAnswer.parse(await (await auth.login((await auth.user()).email)).json())
    expect(answer.session.mustChangePassword).toBeUndefined()
  })
})

describe('a reset beside the owner’s own change', () => {
  test('that comes between the check of the old password and the new one wins', async () => {
    const user = await signedIn(auth)
    const { passwords } = auth.deps
    const cut = {
      ...passwords,
      async hash(text: string) {
        expect((await reset(user.id)).status).toBe(200)
        return passwords.hash(text)
      },
    }
    const deps = { ...auth.deps, metrics: createMetrics('auth-session'), passwords: cut, touches: () => true }
    const ask = askWith({ app: createApp(deps) }, user.token)
    expect((await ask('POST', '/auth/password', { current: password, next: own })).status).toBe(401)
    await resetHolds(user.id, user.email)
  })

  test('wins whenever it comes, and leaves no session behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await signedIn(auth)
      const [changed, done] = await Promise.all([change(user.token, own, password), reset(user.id)])
      expect(done.status).toBe(200)
      expect([200, 401]).toContain(changed.status)
      const { token = '' } = changed.ok ? ((await changed.json()) as RenewedSession) : {}
      if (token !== '') expect((await auth.session(token)).status).toBe(401)
      expect((await auth.session(user.token)).status).toBe(401)
      await resetHolds(user.id, user.email)
    }
  })

  async function resetHolds(id: string, email: string): Promise<void> {
    expect((await auth.login(email, own)).status).toBe(401)
    expect((await accountOf(id)).firstPasswordUntil).toBeDefined()
    const answer = LoginAnswer.parse(await (await auth.login(email, first)).json())
    expect(answer.session.mustChangePassword).toBe(true)
  }
})
