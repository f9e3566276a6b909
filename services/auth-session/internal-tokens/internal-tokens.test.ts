import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tokenExchange, tokenTypes } from '#lib/contract/federation.ts'
import { createKeySet } from '#lib/jwt/key-set.ts'
import { verifyInternalToken } from '#lib/jwt/verify-internal-token.ts'
import { type AuthFixture, origin, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { postToken } from '../testing/token-desk.ts'
import { createSigningKeys, defaultSigningKeyLimits } from './signing-keys.ts'

const { periodMs, aheadMs } = defaultSigningKeyLimits
let auth: AuthFixture
let session: string
let userId: string
beforeEach(async () => {
  auth = await startAuth({ env: { INTERNAL_AUDIENCES: 'reports, letters', INTERNAL_TOKEN_SECONDS: '120' } })
  const user = await auth.user()
  userId = user.id
  session = await tokenOf(auth.login(user.email))
})
afterEach(() => auth.stop())

const ask = (more: Record<string, string> = {}) =>
  postToken(auth, {
    grant_type: tokenExchange,
    subject_token: session,
    subject_token_type: tokenTypes.accessToken,
    audience: 'reports',
    ...more,
  })
const mint = async (more: Record<string, string> = {}) => (await ask(more)).body.access_token ?? ''
const published = async (app = auth.app) =>
  (await (await app.request('/auth/.well-known/jwks.json')).json()) as JSONWebKeySet
/** A service that verifies, with its own copy of the keys. */
const verifier = (audience = 'reports') => {
  const keys = createKeySet({ load: () => published(), now: auth.deps.now })
  return (token: string) => verifyInternalToken(token, { issuer: origin, audience, keys, now: auth.deps.now })
}
const nextPeriod = () => periodMs - (auth.deps.now() % periodMs)

describe('a session’s holder', () => {
  test('gets a token by which one audience acts for them, for two minutes', async () => {
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body).toMatchObject({ issued_token_type: tokenTypes.jwt, token_type: 'N_A', expires_in: 120 })
    const token = body.access_token ?? ''
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' })
    const claims = await verifier()(token)
    expect(claims).toMatchObject({
      sub: userId,
      practice: 'north',
      acr: 'aal1',
      permissions: ['patients:read', 'appointments:write', 'flow:write'],
    })
    expect(claims.exp - claims.iat).toBe(120)
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'internal-token.mint',
      actor: userId,
      reason: 'audience reports',
    })
  })

  test.each([
    ['an audience that is not configured', { audience: 'elsewhere' }, 'invalid_target'],
    ['no audience', { audience: '' }, 'invalid_target'],
    ['a resource', { resource: 'https://reports.example' }, 'invalid_target'],
    ['another kind of token', { requested_token_type: tokenTypes.idToken }, 'invalid_request'],
    ['a token of nobody', { subject_token: `north.${'A'.repeat(43)}` }, 'invalid_request'],
    ['an actor', { actor_token: 'x' }, 'invalid_request'],
  ])('gets none for %s', async (_, more, error) => {
    const { status, body } = await ask(more)
    expect(status).toBe(400)
    expect(body).toMatchObject({ error })
  })

  test('gets none once the session has ended', async () => {
    await auth.logout(session)
    expect((await ask()).body).toMatchObject({ error: 'invalid_request' })
  })
})

describe('a token', () => {
  test('is believed by its audience only, until it expires', async () => {
    const token = await mint()
    await expect(verifier('letters')(token)).rejects.toMatchObject({ fault: 'token-audience' })
    const verify = verifier()
    auth.clock.advance(120_000 + 29_000)
    await expect(verify(token)).resolves.toMatchObject({ sub: userId })
    auth.clock.advance(2_000)
    await expect(verify(token)).rejects.toMatchObject({ fault: 'token-expired' })
  })

  test('is no session, and a session is no token', async () => {
    expect((await auth.session(await mint())).status).toBe(401)
    await expect(verifier()(session)).rejects.toMatchObject({ fault: 'token-malformed' })
  })

  test('of another type, algorithm, key or issuer is refused', async () => {
    const verify = verifier()
    const { key, kid } = await auth.deps.signingKeys.current()
    const { iss, ...claims } = decodeJwt(await mint())
    const sign = (header: Record<string, unknown>, issuer = iss ?? '') =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA', kid, ...header })
        .setIssuer(issuer)
        .sign(key)
    await expect(verify(await sign({ typ: 'at+jwt' }))).resolves.toBeDefined()
    await expect(verify(await sign({ typ: 'JWT' }))).rejects.toMatchObject({ fault: 'token-type' })
    await expect(verify(await sign({}))).rejects.toMatchObject({ fault: 'token-type' })
    await expect(verify(await sign({ typ: 'at+jwt', kid: 'x' }))).rejects.toMatchObject({
      fault: 'token-key',
    })
    await expect(verify(await sign({ typ: 'at+jwt' }, `${origin}/`))).rejects.toMatchObject({
      fault: 'token-issuer',
    })
    const secret = new TextEncoder().encode('s'.repeat(32))
    const symmetric = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid, typ: 'at+jwt' })
    await expect(verify(await symmetric.sign(secret))).rejects.toMatchObject({ fault: 'token-algorithm' })
  })
})

describe('keys', () => {
  test('are published as public keys only, and for caches', async () => {
    await mint()
    const response = await auth.app.request('/auth/.well-known/jwks.json')
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300')
    const { keys } = (await response.json()) as JSONWebKeySet
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
      expect(key.d).toBeUndefined()
    }
  })

  test('never stand in Redis unsealed', async () => {
    const { kid, key } = await auth.deps.signingKeys.current()
    expect(key.extractable).toBe(false)
    const fields = Object.values(await auth.redis.hgetall('signing-keys'))
    const stored = fields.map((text) => JSON.parse(text) as { kid: string; public: object; sealed: string })
    const own = stored.find((one) => one.kid === kid)
    const place = { practiceId: 'internal-tokens', key: 'signing-keys', field: kid }
    const secret = JSON.parse(await auth.deps.cipher.decrypt(place, own?.sealed ?? '')) as { d: string }
    expect(secret.d).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(fields.join()).not.toContain(secret.d)
    expect(own?.public).not.toHaveProperty('d')
  })

  test('are published before they sign, and verify for a while after', async () => {
    auth.clock.advance(nextPeriod() + 60_000)
    const verify = verifier()
    const old = await mint()
    const { keys: before } = await published()
    expect(before).toHaveLength(1)

    auth.clock.advance(nextPeriod() - aheadMs)
    const { keys: overlap } = await published()
    expect(overlap).toHaveLength(2)
    const stillOld = await mint()
    expect(decodeProtectedHeader(stillOld).kid).toBe(decodeProtectedHeader(old).kid)

    auth.clock.advance(aheadMs - 1_000)
    const last = await mint()
    auth.clock.advance(2_000)
    const first = await mint()
    expect(decodeProtectedHeader(first).kid).not.toBe(decodeProtectedHeader(last).kid)
    expect(overlap.map(({ kid }) => kid)).toContain(decodeProtectedHeader(first).kid)
    await expect(verify(last)).resolves.toBeDefined()
    await expect(verify(first)).resolves.toBeDefined()
  })

  test('are verified by who kept the set from before the change', async () => {
    auth.clock.advance(nextPeriod() - aheadMs)
    const kept = createLocalJWKSet(await published())
    auth.clock.advance(aheadMs)
    await expect(
      jwtVerify(await mint(), kept, { currentDate: new Date(auth.deps.now()) }),
    ).resolves.toBeDefined()
  })

  test('are the same for replicas that begin a period at the same moment', async () => {
    auth.clock.advance(nextPeriod())
    await auth.redis.del('signing-keys')
    const replicas = await Promise.all(Array.from({ length: 4 }, () => auth.replica()))
    const current = await Promise.all(
      [...replicas, ...replicas].map(({ deps }) => deps.signingKeys.current()),
    )
    expect(new Set(current.map(({ kid }) => kid)).size).toBe(1)
    const sets = await Promise.all(replicas.map(({ app }) => published(app)))
    expect(new Set(sets.map((set) => JSON.stringify(set))).size).toBe(1)
  })

  test('serve replicas whose clocks differ across the change', async () => {
    auth.clock.advance(nextPeriod())
    const limits = defaultSigningKeyLimits
    const at = (offset: number) =>
      createSigningKeys({ ...auth.deps, limits, now: () => auth.deps.now() + offset })
    const [behind, ahead] = [at(-20_000), at(20_000)]
    const both = await Promise.all([behind.current(), ahead.current()])
    for (const keys of [behind, ahead]) {
      const kids = (await keys.published()).keys.map(({ kid }) => kid)
      for (const { kid } of both) expect(kids).toContain(kid)
    }
  })

  test('are few, however long the service runs', async () => {
    for (let day = 0; day < 8; day += 1) {
      auth.clock.advance(periodMs)
      await auth.deps.signingKeys.current()
      await published()
    }
    expect(await auth.redis.hlen('signing-keys')).toBeLessThanOrEqual(4)
    expect((await published()).keys.length).toBeLessThanOrEqual(3)
  })

  test('that an operator takes away verify nothing any more, and others take their place', async () => {
    const token = await mint()
    await auth.redis.del('signing-keys')
    await expect(verifier()(token)).rejects.toMatchObject({ fault: 'token-key' })
    await expect(verifier()(await mint())).resolves.toBeDefined()
  })
})
