import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readConfig } from '#lib/config/read-config.ts'
import { AuthSessionConfig } from '../config.ts'
import { type AuthFixture, startAuth } from '../testing/auth-fixture.ts'
import { createKey, type ScriptedIssuer, startScriptedIssuer } from '../testing/scripted-issuer.ts'
import { exchange, link, patientLimits } from '../testing/token-desk.ts'

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
/** The shapes as the README shows them, so that what it shows works. */
const shapes = Object.fromEntries(
  [...readme.matchAll(/```json (\w+)\n([\s\S]*?)```/g)].map(([, name = '', text = '']) => [
    name,
    JSON.parse(text) as Record<string, unknown>,
  ]),
)
const names = ['auth0', 'firebase', 'google'] as const

let auth: AuthFixture
const issuers = new Map<string, ScriptedIssuer>()
beforeAll(async () => {
  const key = await createKey('key')
  for (const name of [...names, 'staff']) issuers.set(name, await startScriptedIssuer(key))
  const local = (name: string) => issuers.get(name)?.url
  const staff = {
    clientId: 'app',
    signIn: ['token-exchange'],
    practice: 'north',
    provision: true,
    roles: { claim: 'groups', values: { desk: ['front-desk'], it: ['operator', 'auditor'] } },
  }
  const providers = Object.entries({ ...shapes, staff }).map(([name, shape]) => [
    name,
    { ...shape, issuer: local(name) },
  ])
  auth = await startAuth({
    env: { OIDC_PROVIDERS: JSON.stringify(Object.fromEntries(providers)) },
    loginLimits: patientLimits,
  })
})
afterAll(async () => {
  await auth.stop()
  for (const issuer of issuers.values()) await issuer.stop()
})

let serial = 0
/** Exchanges a token of that provider with these claims. */
async function bring(name: string, claims: Record<string, unknown>) {
  serial += 1
  const issuer = issuers.get(name)
  const iat = Math.floor(Date.now() / 1_000)
  const token = await issuer?.sign({ iss: issuer.url, iat, exp: iat + 300, jti: String(serial), ...claims })
  return exchange(auth, token ?? '')
}
const reason = async (practice = 'north') => (await auth.audited(practice)).at(-1)?.reason
const sessionOf = async (token = '') => (await (await auth.session(token)).json()) as Session
interface Session {
  session: { aal: string }
  user: { id: string; practiceId: string; roles: string[]; email: string }
}
async function known(name: string, sub: string, roles: 'front-desk'[] = ['front-desk']) {
  const user = await auth.user({ roles })
  await link(auth, user, { issuer: issuers.get(name)?.url ?? '', subject: sub })
  return user
}

test('the README’s shapes are configurations that a service takes', () => {
  expect(Object.keys(shapes)).toEqual([...names])
  const config = readConfig(AuthSessionConfig, { ...auth.env, OIDC_PROVIDERS: JSON.stringify(shapes) })
  expect(Object.keys(config.OIDC_PROVIDERS ?? {})).toEqual([...names])
})

describe('Auth0', () => {
  const base = { aud: 'Xy12', 'https://clinic.example/practice': 'north-street' }
  const role = (...roles: string[]) => ({ 'https://clinic.example/roles': roles })
  beforeEach(() => expect(shapes.auth0).toBeDefined())

  test('opens the account with the roles its claims map to, at every sign-in', async () => {
    const { id } = await known('auth0', 'auth0|5f7c')
    const first = await bring('auth0', { ...base, ...role('Doctor', 'Unmapped'), sub: 'auth0|5f7c' })
    expect(await sessionOf(first.body.access_token)).toMatchObject({
      session: { aal: 'aal1' },
      user: { id, roles: ['clinician'] },
    })
    expect((await auth.audited()).find(({ action }) => action === 'identity.roles')).toMatchObject({
      entity: `User/${id}`,
      reason: 'clinician',
    })
    await bring('auth0', { ...base, ...role('Reception'), sub: 'auth0|5f7c' })
    expect(await sessionOf(first.body.access_token)).toMatchObject({ user: { roles: ['front-desk'] } })
  })

  test('proves two factors by amr', async () => {
    await known('auth0', 'auth0|mfa')
    const { body } = await bring('auth0', {
      ...base,
      ...role('Doctor'),
      sub: 'auth0|mfa',
      amr: ['pwd', 'mfa'],
    })
    expect(await sessionOf(body.access_token)).toMatchObject({ session: { aal: 'aal2' } })
  })

  test.each([
    ['no role', { ...base, 'https://clinic.example/roles': ['Unmapped'] }, 'no-role'],
    [
      'a role that is a property of every object',
      { ...base, 'https://clinic.example/roles': ['constructor'] },
      'no-role',
    ],
    ['no practice', { aud: 'Xy12', ...role('Doctor') }, 'practice-not-mapped'],
    [
      'two practices',
      { ...base, ...role('Doctor'), 'https://clinic.example/practice': ['north-street', 'north-street'] },
      'practice-not-mapped',
    ],
  ])('lets nobody in with %s', async (_, claims, why) => {
    await known('auth0', `auth0|${serial}`)
    expect((await bring('auth0', { ...claims, sub: `auth0|${serial}` })).status).toBe(400)
    expect([await reason(), await reason('unknown')]).toContain(why)
  })
})

describe('Firebase', () => {
  const base = { aud: 'clinic-project', sub: 'uid1', auth_time: 1 }

  test('opens the account in its tenant only, with a second factor by its own claim', async () => {
    await known('firebase', 'uid1')
    const tenant = 'north-a1b2'
    const one = await bring('firebase', { ...base, firebase: { tenant } })
    expect(await sessionOf(one.body.access_token)).toMatchObject({ session: { aal: 'aal1' } })
    const two = await bring('firebase', { ...base, firebase: { tenant, sign_in_second_factor: 'totp' } })
    expect(await sessionOf(two.body.access_token)).toMatchObject({ session: { aal: 'aal2' } })
    const sms = await bring('firebase', { ...base, firebase: { tenant, sign_in_second_factor: 'phone' } })
    expect(await sessionOf(sms.body.access_token)).toMatchObject({ session: { aal: 'aal1' } })
    expect((await bring('firebase', { ...base, firebase: { tenant: 'other' } })).status).toBe(400)
    expect(await reason()).toBe('claim-required')
    expect((await bring('firebase', base)).status).toBe(400)
  })

  test('has no code flow', async () => {
    expect((await auth.app.request('/auth/oidc/firebase/start')).status).toBe(404)
  })
})

describe('Google', () => {
  const base = {
    aud: '123.apps.googleusercontent.com',
    sub: '1080',
    hd: 'clinic.example',
    email_verified: true,
  }

  test('opens the account of a Workspace member, also from the phone’s client', async () => {
    await known('google', '1080')
    expect((await bring('google', { ...base, azp: base.aud })).status).toBe(200)
    expect((await bring('google', { ...base, azp: '456.apps.googleusercontent.com' })).status).toBe(200)
  })

  test.each([
    ['of another domain', { hd: 'other.example' }, 'claim-required'],
    ['of no domain', { hd: undefined }, 'claim-required'],
    ['of an unverified address', { email_verified: false }, 'claim-required'],
    ['by an address that says so as text', { email_verified: 'true' }, 'claim-required'],
    ['from a foreign client', { azp: '789.apps.googleusercontent.com' }, 'token-authorized-party'],
  ])('lets nobody in %s', async (_, more, why) => {
    expect((await bring('google', { ...base, ...more })).status).toBe(400)
    expect(await reason()).toBe(why)
  })
})

describe('a provider that provisions', () => {
  const base = { aud: 'app', email_verified: true, groups: ['desk'] }

  test('gets an unknown person an account with the mapped roles, once', async () => {
    const person = { ...base, sub: 'new1', email: 'new1@clinic.example' }
    const first = await bring('staff', person)
    const { user } = await sessionOf(first.body.access_token)
    expect(user).toMatchObject({ email: 'new1@clinic.example', practiceId: 'north', roles: ['front-desk'] })
    const again = await bring('staff', { ...person, email: 'renamed@clinic.example' })
    expect((await sessionOf(again.body.access_token)).user.id).toBe(user.id)
    const actions = (await auth.audited()).map(({ action }) => action)
    expect(actions.slice(actions.indexOf('user.create'))).toContain('identity.link')
  })

  test('makes one account of two first sign-ins at the same time', async () => {
    const person = { ...base, sub: 'twice', email: 'twice@clinic.example' }
    const before = (await auth.audited()).length
    await Promise.all([bring('staff', person), bring('staff', person), bring('staff', person)])
    const links = (await auth.audited()).slice(before).filter(({ action }) => action === 'identity.link')
    expect(links).toHaveLength(1)
    expect((await bring('staff', person)).status).toBe(200)
  })

  test.each([
    ['an address that has an account here', { email: 'person1@clinic.example' }],
    ['an unverified address', { email: 'x1@clinic.example', email_verified: false }],
    ['no address', {}],
    ['something that is no address', { email: 'nobody' }],
  ])('gets nobody an account by %s', async (_, more) => {
    await auth.user()
    expect((await bring('staff', { ...base, sub: `other-${serial}`, ...more })).status).toBe(400)
    expect(await reason()).toBe('email-unusable')
  })

  test('gives an unknown person without a role nothing', async () => {
    expect((await bring('staff', { ...base, groups: [], sub: 'x', email: 'x@clinic.example' })).status).toBe(
      400,
    )
    expect(await reason()).toBe('no-role')
  })
})

describe('a configuration', () => {
  const good = { issuer: 'https://op.example', clientId: 'app', signIn: ['code'], practice: 'north' }
  const read = (providers: unknown) =>
    readConfig(AuthSessionConfig, {
      ...auth.env,
      OIDC_PROVIDERS: typeof providers === 'string' ? providers : JSON.stringify(providers),
    })

  test.each([
    ['no JSON', '{'],
    ['a symmetric algorithm', { a: { ...good, algorithms: ['HS256'] } }],
    ['no algorithm at all', { a: { ...good, algorithms: ['none'] } }],
    ['an issuer without TLS', { a: { ...good, issuer: 'http://op.example' } }],
    ['two providers of one issuer', { a: good, b: good }],
    ['accounts for everybody without roles', { a: { ...good, provision: true } }],
    ['a scope without openid', { a: { ...good, scope: 'email' } }],
    ['a mistyped field', { a: { ...good, requires: [] } }],
    ['a name that is no path', { 'a/b': good }],
  ])('is refused for %s, and no value of it is told', (_, providers) => {
    const secret = 'the-secret'
    const planted = JSON.stringify(providers).replaceAll('"app"', `"${secret}"`)
    expect(() => read(typeof providers === 'string' ? providers : planted)).toThrow(/OIDC_PROVIDERS/)
    expect(() => read(planted)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    )
  })
})
