import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokenExchange, tokenTypes } from '#lib/contract/federation.ts'
import { stepUpFreshMs } from '#lib/http/require-session.ts'
import { type AuthFixture, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { createKey, type ScriptedIssuer, startScriptedIssuer } from '../testing/scripted-issuer.ts'
import { askWith, signedIn } from '../testing/signed-in.ts'
import { exchange, link, patientLimits, postToken } from '../testing/token-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
let issuer: ScriptedIssuer
beforeAll(async () => {
  issuer = await startScriptedIssuer(await createKey('key'))
  const provider = { issuer: issuer.url, clientId: 'app', signIn: ['token-exchange'], practice: 'north' }
  auth = await startAuth({
    env: { OIDC_PROVIDERS: JSON.stringify({ scripted: provider }) },
    loginLimits: patientLimits,
  })
})
afterAll(async () => {
  await auth.stop()
  await issuer.stop()
})

let serial = 0
const idToken = (sub: string) => {
  serial += 1
  const iat = Math.floor(auth.deps.now() / 1_000)
  return issuer.sign({ iss: issuer.url, aud: 'app', sub, iat, exp: iat + 300, jti: String(serial) })
}
const request = (method: string, path: string, token: string, body?: unknown) =>
  askWith(auth, token)(method, path, body)
const signIn = async (email: string) => tokenOf(auth.login(email))
const signsIn = async (sub: string) => (await exchange(auth, await idToken(sub))).status === 200
const admin = () => signedIn(auth, { roles: ['admin'] })
const age = async (ms: number) => {
  for (const key of await auth.redis.keys('{p:north}:session:*'))
    await auth.redis.hincrby(key, 'provedAt', -ms)
}
const last = async () => (await auth.audited()).at(-1)

describe('one’s own identity', () => {
  test('is linked by its ID token, listed, and taken away again', async () => {
    const user = await auth.user()
    const token = await signIn(user.email)
    expect(await signsIn('ann')).toBe(false)
    const added = await request('POST', '/auth/identities', token, { idToken: await idToken('ann') })
    expect(added.status).toBe(201)
    const { id } = (await added.json()) as { id: string }
    expect(await last()).toMatchObject({ action: 'identity.link', actor: user.id, entity: `User/${user.id}` })
    expect(await signsIn('ann')).toBe(true)
    const listed = await request('GET', '/auth/identities', token)
    expect(await listed.json()).toMatchObject({ identities: [{ id, provider: 'scripted', subject: 'ann' }] })

    expect((await request('DELETE', `/auth/identities/${id}`, token)).status).toBe(204)
    expect(await last()).toMatchObject({ action: 'identity.unlink', reason: `identity ${id}` })
    expect(await signsIn('ann')).toBe(false)
    expect((await request('DELETE', `/auth/identities/${id}`, token)).status).toBe(404)
  })

  test('is linked and taken away by a fresh session only', async () => {
    const token = await signIn((await auth.user()).email)
    await age(stepUpFreshMs + 1_000)
    const added = await request('POST', '/auth/identities', token, { idToken: await idToken('old') })
    expect(await problemOf(added)).toMatchObject({ code: 'step-up-required' })
    const removed = await request('DELETE', '/auth/identities/0123456789abcdef', token)
    expect(await problemOf(removed)).toMatchObject({ code: 'step-up-required' })
    expect(await signsIn('old')).toBe(false)
  })

  test('needs a token that is good, and not spent', async () => {
    const user = await auth.user()
    const token = await signIn(user.email)
    await link(auth, user, { issuer: issuer.url, subject: 'spent' })
    const used = await idToken('spent')
    expect((await exchange(auth, used)).status).toBe(200)
    for (const bad of ['no token', used, `${await idToken('x')}x`]) {
      const answer = await request('POST', '/auth/identities', token, { idToken: bad })
      expect(answer.status).toBe(401)
      expect(await problemOf(answer)).toMatchObject({ code: 'federation-refused' })
    }
  })

  test('cannot be another account’s, and of two who link it at the same time one gets it', async () => {
    const users = [await auth.user(), await auth.user()]
    const tokens = await Promise.all(users.map(({ email }) => signIn(email)))
    const brought = [await idToken('both'), await idToken('both')]
    const answers = await Promise.all(
      tokens.map((token, n) => request('POST', '/auth/identities', token, { idToken: brought[n] })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    const lists = await Promise.all(
      users.map(({ id }) => auth.deps.identities.list({ practiceId: 'north', userId: id })),
    )
    expect(lists.flat()).toHaveLength(1)
  })

  test('may be one of twenty', async () => {
    const user = await auth.user()
    const token = await signIn(user.email)
    for (let n = 0; n < 20; n += 1) await link(auth, user, { issuer: issuer.url, subject: `many-${n}` })
    const answer = await request('POST', '/auth/identities', token, { idToken: await idToken('many-more') })
    expect(answer.status).toBe(409)
    expect(await last()).toMatchObject({
      action: 'identity.link',
      outcome: 'failure',
      reason: 'too-many-identities',
    })
  })
})

describe('an administrator', () => {
  test('links, lists and takes away a user’s identities', async () => {
    const { token, id: actor } = await admin()
    const user = await auth.user()
    const path = `/auth/users/${user.id}/identities`
    const added = await request('POST', path, token, { provider: 'scripted', subject: 'bob' })
    expect(added.status).toBe(201)
    const { id } = (await added.json()) as { id: string }
    expect(await last()).toMatchObject({ action: 'identity.link', actor, entity: `User/${user.id}` })
    expect(await signsIn('bob')).toBe(true)
    expect(await (await request('GET', path, token)).json()).toMatchObject({
      identities: [{ id, subject: 'bob' }],
    })
    expect(await last()).toMatchObject({ action: 'identity.list', actor })
    expect((await request('DELETE', `${path}/${id}`, token)).status).toBe(204)
    expect(await signsIn('bob')).toBe(false)
  })

  test('is the only one who can, and with a fresh proof', async () => {
    const user = await auth.user()
    const path = `/auth/users/${user.id}/identities`
    const body = { provider: 'scripted', subject: 'eve' }
    expect((await request('POST', path, await signIn(user.email), body)).status).toBe(403)
    const { token } = await admin()
    await age(stepUpFreshMs + 1_000)
    expect(await problemOf(request('POST', path, token, body))).toMatchObject({ code: 'step-up-required' })
    expect(await signsIn('eve')).toBe(false)
  })

  test('learns nothing of users of another practice', async () => {
    const { token } = await admin()
    const other = await auth.user({ practiceId: 'south' })
    const path = `/auth/users/${other.id}/identities`
    expect((await request('GET', path, token)).status).toBe(404)
    expect((await request('POST', path, token, { provider: 'scripted', subject: 'x' })).status).toBe(404)
  })

  test('cannot name a provider that is not configured', async () => {
    const { token } = await admin()
    const { id } = await auth.user()
    const answer = await request('POST', `/auth/users/${id}/identities`, token, {
      provider: 'other',
      subject: 'x',
    })
    expect(await problemOf(answer)).toMatchObject({ code: 'not-found', errors: [{ path: 'provider' }] })
  })
})

test('a removed user’s identities open nothing, and are free for somebody else', async () => {
  const user = await auth.user()
  await link(auth, user, { issuer: issuer.url, subject: 'leaver' })
  const { token } = await admin()
  expect((await request('DELETE', `/auth/users/${user.id}`, token)).status).toBe(204)
  expect(await signsIn('leaver')).toBe(false)
  await link(auth, await auth.user(), { issuer: issuer.url, subject: 'leaver' })
  expect(await signsIn('leaver')).toBe(true)
})

test('neither issuer nor subject stands in Redis unsealed', async () => {
  await link(auth, await auth.user(), { issuer: issuer.url, subject: 'planted-subject' })
  const keys = await auth.redis.keys('*identit*')
  const values = await Promise.all(
    keys.map(async (key) =>
      (await auth.redis.type(key)) === 'hash' ? auth.redis.hgetall(key) : auth.redis.get(key),
    ),
  )
  const everything = JSON.stringify([keys, values])
  expect(keys.length).toBeGreaterThan(1)
  expect(everything).not.toContain('planted-subject')
  expect(everything).not.toContain(issuer.url)
})

describe('the token endpoint', () => {
  const form = async (more: Record<string, string> = {}) => ({
    grant_type: tokenExchange,
    subject_token: await idToken('nobody'),
    subject_token_type: tokenTypes.idToken,
    ...more,
  })

  test.each([
    ['no grant type', { grant_type: '' }, 'invalid_request'],
    ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no subject token', { subject_token: '' }, 'invalid_request'],
    ['an unknown kind of subject token', { subject_token_type: 'urn:x' }, 'invalid_request'],
    ['an actor', { actor_token: 'x' }, 'invalid_request'],
    ['an audience', { audience: 'x' }, 'invalid_target'],
    ['another kind of token', { requested_token_type: tokenTypes.jwt }, 'invalid_request'],
    [
      'a wrong program',
      { grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' },
      'invalid_client',
    ],
  ])('answers %s as OAuth does', async (_, more, error) => {
    const { status, headers, body } = await postToken(auth, await form(more))
    expect(status).toBe(error === 'invalid_client' ? 401 : 400)
    expect(headers.get('Content-Type')).toContain('application/json')
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(body).toMatchObject({ error })
  })

  test('refuses a parameter that is there twice', async () => {
    const pairs = Object.entries(await form())
    const { status, body } = await postToken(auth, [...pairs, ['grant_type', tokenExchange]])
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'invalid_request' })
  })

  test('takes forms only, and none that a foreign page sends', async () => {
    expect((await auth.post('/auth/token', await form())).status).toBe(415)
    const { status } = await postToken(auth, await form(), { Origin: 'https://evil.example' })
    expect(status).toBe(403)
    const login = await auth.app.request('/auth/login', {
      method: 'POST',
      body: new URLSearchParams({ email: 'a@b.example', password: 'x' }),
    })
    expect(login.status).toBe(415)
  })

  test('asks who has a second factor here for it', async () => {
    const user = await auth.user({ totpSecret })
    await link(auth, user, { issuer: issuer.url, subject: 'two' })
    const { status, body } = await exchange(auth, await idToken('two'))
    expect(status).toBe(400)
    expect(body).toMatchObject({ error: 'mfa_required', methods: ['totp'] })
    expect((await auth.mfa(body.challenge_id ?? '', codeAt(auth.deps.now()))).status).toBe(200)
  })

  test('answers a token that lives as long as it says, and longer while it is used', async () => {
    const user = await auth.user()
    await link(auth, user, { issuer: issuer.url, subject: 'lives' })
    const { body } = await exchange(auth, await idToken('lives'))
    expect(body).toMatchObject({
      token_type: 'Bearer',
      issued_token_type: tokenTypes.accessToken,
      expires_in: 900,
    })
    expect(body.access_token).toMatch(/^north\./)
    expect((await auth.session(body.access_token ?? '')).status).toBe(200)
  })
})
