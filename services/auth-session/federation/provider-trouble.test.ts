import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { type AuthFixture, problemOf, startAuth } from '../testing/auth-fixture.ts'
import {
  createKey,
  type IssuerKey,
  type ScriptedIssuer,
  startScriptedIssuer,
} from '../testing/scripted-issuer.ts'
import { exchange, link, patientLimits } from '../testing/token-desk.ts'

const refetchMs = 10_000
let first: IssuerKey
let second: IssuerKey
let auth: AuthFixture
let issuer: ScriptedIssuer
beforeAll(async () => {
  first = await createKey('first')
  second = await createKey('second')
})
beforeEach(async () => {
  issuer = await startScriptedIssuer(first)
  const provider = {
    issuer: issuer.url,
    clientId: 'app',
    clientSecret: 'secret',
    signIn: ['code', 'token-exchange'],
    practice: 'north',
  }
  auth = await startAuth({
    env: { OIDC_PROVIDERS: JSON.stringify({ scripted: provider }) },
    loginLimits: patientLimits,
  })
  await link(auth, await auth.user(), { issuer: issuer.url, subject: 'alice' })
})
afterEach(async () => {
  await auth.stop()
  await issuer.stop()
})

let serial = 0
const token = (key = first, more: Record<string, unknown> = {}) => {
  serial += 1
  const now = Math.floor(auth.deps.now() / 1_000)
  const claims = { iss: issuer.url, aud: 'app', sub: 'alice', iat: now, exp: now + 300, jti: String(serial) }
  return issuer.sign({ ...claims, ...more }, { kid: key.kid }, key)
}
const status = async (key = first) => (await exchange(auth, await token(key))).status

describe('keys', () => {
  test('are fetched once for many tokens', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => status()))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(issuer.asked('keys')).toBe(1)
    expect(issuer.asked('metadata')).toBe(1)
  })

  test('that are new are found at the first token they signed', async () => {
    expect(await status()).toBe(200)
    auth.clock.advance(refetchMs)
    issuer.publish(first, second)
    expect(await status(second)).toBe(200)
    expect(await status(first)).toBe(200)
    expect(issuer.asked('keys')).toBe(2)
  })

  test('that were withdrawn are believed ten minutes more at most', async () => {
    expect(await status()).toBe(200)
    issuer.publish(second)
    auth.clock.advance(600_000)
    expect(await status(first)).toBe(400)
    expect(await status(second)).toBe(200)
  })

  test('with unknown names cost the provider one request per interval, however many tokens carry them', async () => {
    expect(await status()).toBe(200)
    const invented = await Promise.all(
      Array.from({ length: 100 }, (_, n) => issuer.sign({ iss: issuer.url }, { kid: `invented-${n}` })),
    )
    const answers = await Promise.all(invented.map((one) => exchange(auth, one)))
    expect(answers.every((answer) => answer.status === 400)).toBe(true)
    expect(issuer.asked('keys')).toBe(1)
    auth.clock.advance(refetchMs)
    await Promise.all(invented.map((one) => exchange(auth, one)))
    expect(issuer.asked('keys')).toBe(2)
    expect(await status()).toBe(200)
  })

  test('of one name that are two are used neither', async () => {
    const twin = await createKey('first')
    issuer.publish(first, twin)
    expect(await status()).toBe(400)
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'token-key' })
  })

  test.each([
    ['meant for encryption', { use: 'enc' }],
    ['meant for another algorithm', { alg: 'PS256' }],
    ['too short', { n: 'AQAB' }],
  ])('%s are not used', async (_, more) => {
    issuer.say('keys', { keys: [{ ...first.publicJwk, ...more }] })
    expect(await status()).toBe(400)
  })
})

describe('a provider that is away', () => {
  test('makes sign-ins wait with 503, is asked once per interval, and its return is found', async () => {
    issuer.say('keys', {}, 500)
    for (let round = 0; round < 5; round += 1) {
      const { status: answered, body, headers } = await exchange(auth, await token())
      expect(answered).toBe(503)
      expect(body).toMatchObject({ code: 'provider-unavailable' })
      expect(headers.get('Retry-After')).not.toBeNull()
    }
    expect(issuer.asked('keys')).toBe(1)
    issuer.publish(first)
    auth.clock.advance(refetchMs)
    expect(await status()).toBe(200)
  })

  test('does not hinder those whose tokens its known keys verify', async () => {
    expect(await status()).toBe(200)
    await issuer.stop()
    auth.clock.advance(refetchMs)
    expect(await status()).toBe(200)
    expect(await status(second)).toBe(400)
  })

  test('is told to the browser on its way there', async () => {
    issuer.say('metadata', {}, 503)
    const response = await auth.app.request('/auth/oidc/scripted/start')
    expect(response.status).toBe(503)
    expect(await problemOf(response)).toMatchObject({ code: 'provider-unavailable' })
    expect(response.headers.get('Set-Cookie')).toBeNull()
  })
})

test.each([
  ['is away', 'provider-unavailable', () => issuer.say('token', {}, 503)],
  [
    'answers no JSON',
    'provider-unavailable',
    () => issuer.sayBy('token', (response) => response.end('<html>')),
  ],
  ['hangs up', 'provider-unavailable', () => issuer.sayBy('token', (response) => response.destroy())],
  ['refuses the code', 'federation-refused', () => issuer.say('token', { error: 'invalid_grant' }, 400)],
  [
    'answers without an ID token',
    'federation-refused',
    () => issuer.say('token', { access_token: 'x', token_type: 'Bearer' }),
  ],
])('the browser learns when the token endpoint %s: %s', async (_, told, trouble) => {
  const start = await auth.app.request('/auth/oidc/scripted/start')
  const cookie = /^[^;]+/.exec(start.headers.get('Set-Cookie') ?? '')?.[0] ?? ''
  const state = new URL(start.headers.get('Location') ?? '').searchParams.get('state') ?? ''
  trouble()
  const back = `/auth/oidc/scripted/callback?${new URLSearchParams({ state, code: 'x' })}`
  const response = await auth.app.request(back, { headers: { Cookie: cookie } })
  expect(response.headers.get('Location')).toBe(`/console/#sign-in=${told}`)
  expect(response.headers.get('Set-Cookie')).toBeNull()
})

describe('a provider that lies', () => {
  test.each([
    ['has the metadata of another issuer', (url: string) => ({ issuer: `${url}/other` })],
    ['has its issuer with a slash at the end', (url: string) => ({ issuer: `${url}/` })],
    ['has its keys on a plain-text host', () => ({ jwks_uri: 'http://keys.example/keys' })],
    ['has its keys nowhere', () => ({ jwks_uri: undefined })],
    ['has its keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
  ])('and %s signs nobody in', async (_, change) => {
    issuer.say('metadata', { ...issuer.metadata, ...change(issuer.url) })
    expect(await status()).toBe(503)
    expect(await auth.redis.keys('{p:north}:session:*')).toEqual([])
  })

  test.each([
    ['an answer without end', () => issuer.sayBy('keys', (response) => void endless(response))],
    [
      'a redirect',
      () => issuer.sayBy('keys', (response) => response.writeHead(302, { Location: '/k' }).end()),
    ],
    ['no JSON', () => issuer.sayBy('keys', (response) => response.end('<html>'))],
    ['no keys', () => issuer.say('keys', { keys: 'none' })],
    ['too many keys', () => issuer.say('keys', { keys: Array.from({ length: 101 }, () => first.publicJwk) })],
    ['private keys', () => issuer.say('keys', { keys: [{ kty: 'oct', k: 'AAAA', kid: 'first' }] })],
  ])('and gives %s for keys signs nobody in', async (_, lie) => {
    lie()
    expect([400, 503]).toContain(await status())
  })

  test('and gives a token with another nonce for the code signs nobody in', async () => {
    const start = await auth.app.request('/auth/oidc/scripted/start')
    const cookie = /^[^;]+/.exec(start.headers.get('Set-Cookie') ?? '')?.[0] ?? ''
    const asked = new URL(start.headers.get('Location') ?? '').searchParams
    const give = async (nonce: string | undefined, key = first) => {
      const now = Math.floor(Date.now() / 1_000)
      issuer.say('token', {
        access_token: 'provider-access-token',
        token_type: 'Bearer',
        id_token: await issuer.sign(
          { iss: issuer.url, aud: 'app', sub: 'alice', iat: now, exp: now + 300, nonce },
          { kid: first.kid },
          key,
        ),
      })
    }
    const comeBack = (state: string) =>
      auth.app.request(`/auth/oidc/scripted/callback?${new URLSearchParams({ state, code: 'x' })}`, {
        headers: { Cookie: cookie },
      })
    await give('another')
    const refused = await comeBack(asked.get('state') ?? '')
    expect(refused.headers.get('Location')).toContain('federation-refused')
    expect(refused.headers.get('Set-Cookie')).toBeNull()

    const again = await auth.app.request('/auth/oidc/scripted/start', { headers: { Cookie: cookie } })
    const next = new URL(again.headers.get('Location') ?? '').searchParams
    await give(next.get('nonce') ?? '', second)
    const forged = await comeBack(next.get('state') ?? '')
    expect(forged.headers.get('Location')).toContain('federation-refused')
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'token-signature' })

    const last = await auth.app.request('/auth/oidc/scripted/start', { headers: { Cookie: cookie } })
    const right = new URL(last.headers.get('Location') ?? '').searchParams
    await give(right.get('nonce') ?? '')
    expect((await comeBack(right.get('state') ?? '')).headers.get('Location')).toBe('/console/')
    const dump = await auth.redis.keys('*')
    expect(dump.join()).not.toContain('provider-access-token')
  })
})

test('a provider that is slow is given up, and others are answered meanwhile', async () => {
  let isAsked = false
  issuer.sayBy('keys', () => {
    isAsked = true
  })
  const slow = exchange(auth, await token())
  await until('the provider was asked', () => isAsked)
  expect((await auth.app.request('/healthz')).status).toBe(200)
  expect((await slow).status).toBe(503)
})

async function endless(response: { write(text: string): boolean; destroyed: boolean }) {
  while (!response.destroyed) {
    response.write('x'.repeat(65_536))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
