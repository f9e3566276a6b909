import { createHmac, createPublicKey, randomUUID } from 'node:crypto'
import { CompactEncrypt, type JWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AuthFixture, startAuth } from '../testing/auth-fixture.ts'
import {
  createKey,
  type IssuerKey,
  type ScriptedIssuer,
  startScriptedIssuer,
} from '../testing/scripted-issuer.ts'
import { exchange, link, patientLimits } from '../testing/token-desk.ts'

let auth: AuthFixture
let issuer: ScriptedIssuer
let own: IssuerKey
let foreign: IssuerKey
let elliptic: IssuerKey
beforeAll(async () => {
  own = await createKey('own')
  foreign = await createKey('own')
  elliptic = await createKey('elliptic', 'ES256')
  issuer = await startScriptedIssuer(own)
  issuer.publish(own, elliptic)
  const provider = {
    issuer: issuer.url,
    clientId: 'app',
    authorizedParties: ['phone'],
    algorithms: ['RS256', 'ES256'],
    signIn: ['token-exchange'],
    practice: 'north',
  }
  auth = await startAuth({
    env: {
      OIDC_PROVIDERS: JSON.stringify({
        scripted: provider,
        browser: { ...provider, issuer: `${issuer.url}/browser`, signIn: ['code'] },
      }),
    },
    loginLimits: patientLimits,
  })
  const user = await auth.user()
  await link(auth, user, { issuer: issuer.url, subject: 'alice' })
})
afterAll(async () => {
  await auth.stop()
  await issuer.stop()
})

const seconds = () => Math.floor(auth.deps.now() / 1_000)
/** The claims of a token that would be taken; no two are the same. */
const good = (more: Record<string, unknown> = {}) => ({
  iss: issuer.url,
  aud: 'app',
  sub: 'alice',
  iat: seconds(),
  exp: seconds() + 300,
  jti: randomUUID(),
  ...more,
})
const without = (name: string) => {
  const { [name]: _, ...rest } = good() as Record<string, unknown>
  return rest
}
const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Header and claims as text, signed by the issuer's own key whatever they say. */
async function signText(header: string, claims: string): Promise<string> {
  const signed = `${base64(header)}.${base64(claims)}`
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', own.privateKey, Buffer.from(signed))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}
const withHeader = (header: Record<string, unknown>, claims = good()) =>
  signText(JSON.stringify({ alg: 'RS256', kid: 'own', ...header }), JSON.stringify(claims))

function symmetric(secret: string | Buffer, alg = 'HS256') {
  const signed = `${base64({ alg, typ: 'JWT', kid: 'own' })}.${base64(good())}`
  const digest = alg.replace('HS', 'sha')
  return `${signed}.${createHmac(digest, secret).update(signed).digest('base64url')}`
}
const cutByOne = (token: string) => {
  const [header, claims, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url').subarray(0, -1)
  return [header, claims, bytes.toString('base64url')].join('.')
}
const pem = () =>
  createPublicKey({ key: own.publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
const unsigned = (alg: string, tail = '') => `${base64({ alg, kid: 'own' })}.${base64(good())}.${tail}`
const reissued = async () => {
  const token = await issuer.sign(good())
  expect((await exchange(auth, token)).status).toBe(200)
  return token
}

test.each<[string, () => Record<string, unknown> | Promise<string>]>([
  ['as it should be', () => good()],
  ['with ES256', () => issuer.sign(good(), { alg: 'ES256' }, elliptic)],
  ['without a type', () => withHeader({})],
  ['for several audiences, asked for by us', () => good({ aud: ['other', 'app'], azp: 'app' })],
  ['asked for by our other client', () => good({ azp: 'phone' })],
  ['that expired less than the skew ago', () => good({ exp: seconds() - 25 })],
  ['issued by a clock a little ahead', () => good({ iat: seconds() + 25, nbf: seconds() + 25 })],
])('a token %s is taken', async (_, make) => {
  const made = make()
  const token = made instanceof Promise ? await made : await issuer.sign(made)
  const { status, body } = await exchange(auth, token)
  expect(body).toMatchObject({ token_type: 'Bearer' })
  expect(status).toBe(200)
})

const attacks: [string, string, () => string | Promise<string>][] = [
  ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): [string, string, () => string][] => [
    [`alg ${JSON.stringify(alg)} without a signature`, 'token-malformed', () => unsigned(alg)],
    [`alg ${JSON.stringify(alg)} with one`, 'token-algorithm', () => unsigned(alg, 'AAAA')],
  ]),
  ['no alg', 'token-algorithm', () => withHeader({ alg: undefined })],
  ['alg as a list', 'token-algorithm', () => withHeader({ alg: ['RS256'] })],
  ['alg rs256', 'token-algorithm', () => withHeader({ alg: 'rs256' })],
  ['an algorithm not allowed for this issuer', 'token-algorithm', () => withHeader({ alg: 'PS256' })],
  ['HS256 by the public key as PEM', 'token-algorithm', () => symmetric(pem())],
  ['HS256 by the public key as JWK', 'token-algorithm', () => symmetric(JSON.stringify(own.publicJwk))],
  [
    'HS512 by the modulus',
    'token-algorithm',
    () => symmetric(Buffer.from(own.publicJwk.n ?? '', 'base64url'), 'HS512'),
  ],
  ['HS256 by nothing', 'token-algorithm', () => symmetric('')],
  ['an embedded jwk', 'token-header', () => issuer.sign(good(), { jwk: foreign.publicJwk as JWK }, foreign)],
  ['a jku', 'token-header', () => withHeader({ jku: `${issuer.url}/keys` })],
  ['an x5u', 'token-header', () => withHeader({ x5u: `${issuer.url}/certificate` })],
  ['an x5c', 'token-header', () => withHeader({ x5c: ['MIIB'] })],
  ['kid as a path', 'token-key', () => withHeader({ kid: '../../../../dev/null' })],
  ['kid as SQL', 'token-key', () => withHeader({ kid: "own' OR '1'='1" })],
  ['kid as a command', 'token-key', () => withHeader({ kid: 'own|/bin/sh' })],
  ['kid with a NUL', 'token-key', () => withHeader({ kid: 'own\u0000' })],
  ['an overlong kid', 'token-key', () => withHeader({ kid: 'k'.repeat(201) })],
  ['an empty kid', 'token-key', () => withHeader({ kid: '' })],
  ['kid as a number', 'token-key', () => withHeader({ kid: 1 })],
  ['kid __proto__', 'token-key', () => withHeader({ kid: '__proto__' })],
  ['no kid', 'token-key', () => withHeader({ kid: undefined })],
  ['an unknown kid', 'token-key', () => withHeader({ kid: 'unknown' })],
  [
    'two kids',
    'token-duplicate-name',
    () => signText('{"alg":"RS256","kid":"own","kid":"own"}', JSON.stringify(good())),
  ],
  ['a kid of another kind of key', 'token-key', () => withHeader({ kid: 'elliptic' })],
  ['crit', 'token-header', () => withHeader({ crit: ['exp'] })],
  ['an empty crit', 'token-header', () => withHeader({ crit: [] })],
  ['b64 false', 'token-header', () => withHeader({ b64: false, crit: ['b64'] })],
  ['zip', 'token-header', () => withHeader({ zip: 'DEF' })],
  ['an access token', 'token-type', () => withHeader({ typ: 'at+jwt' })],
  ['an access token by its long type', 'token-type', () => withHeader({ typ: 'application/at+jwt' })],
  ['a logout token by type', 'token-type', () => withHeader({ typ: 'logout+jwt' })],
  [
    'a logout token by its events',
    'token-type',
    () => issuer.sign(good({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })),
  ],
  ['type as a number', 'token-type', () => withHeader({ typ: 1 })],
  [
    'a nested token',
    'token-header',
    async () => signText('{"alg":"RS256","kid":"own","cty":"JWT"}', await issuer.sign(good())),
  ],
  [
    'a token inside a token',
    'token-malformed',
    async () => signText('{"alg":"RS256","kid":"own"}', JSON.stringify(await issuer.sign(good()))),
  ],
  [
    'an encrypted token',
    'token-malformed',
    async () => {
      const encrypted = new CompactEncrypt(Buffer.from(await issuer.sign(good())))
      return encrypted.setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(new Uint8Array(32))
    },
  ],
  ['another’s signature', 'token-signature', () => issuer.sign(good(), {}, foreign)],
  [
    'a changed claim',
    'token-signature',
    async () => {
      const [header, , signature] = (await issuer.sign(good())).split('.')
      return [header, base64(good({ sub: 'bob' })), signature].join('.')
    },
  ],
  ['a cut signature', 'token-signature', async () => cutByOne(await issuer.sign(good()))],
  [
    'an ES256 signature as DER',
    'token-signature',
    async () => {
      const token = await issuer.sign(good(), { alg: 'ES256' }, elliptic)
      const [header, claims, signature = ''] = token.split('.')
      const raw = Buffer.from(signature, 'base64url')
      const number = (bytes: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), bytes])
      const der = Buffer.concat([
        Buffer.from([0x30, 70]),
        number(raw.subarray(0, 32)),
        number(raw.subarray(32)),
      ])
      return [header, claims, der.toString('base64url')].join('.')
    },
  ],
  [
    'an ES256 signature of zeros (CVE-2022-21449)',
    'token-signature',
    () =>
      `${base64({ alg: 'ES256', kid: 'elliptic' })}.${base64(good())}.${Buffer.alloc(64).toString('base64url')}`,
  ],
  [
    'a signature in another spelling',
    'token-malformed',
    async () => {
      const token = await issuer.sign(good())
      const spare: Record<string, string> = { A: 'B', Q: 'R', g: 'h', w: 'x' }
      return token.slice(0, -1) + (spare[token.at(-1) ?? ''] ?? '')
    },
  ],
  ['padding', 'token-malformed', async () => `${await issuer.sign(good())}==`],
  ['a line break inside', 'token-malformed', async () => (await issuer.sign(good())).replace('.', '\n.')],
  ['two parts', 'token-malformed', () => `${base64({ alg: 'RS256', kid: 'own' })}.${base64(good())}`],
  ['four parts', 'token-malformed', async () => `${await issuer.sign(good())}.AAAA`],
  ['a header that is no object', 'token-malformed', () => signText('["RS256"]', JSON.stringify(good()))],
  ['claims that are no JSON', 'token-malformed', () => signText('{"alg":"RS256","kid":"own"}', '{"iss":')],
  [
    'a claim twice',
    'token-duplicate-name',
    () => signText('{"alg":"RS256","kid":"own"}', `{"sub":"bob",${JSON.stringify(good()).slice(1)}`),
  ],
  [
    'a claim twice, once escaped',
    'token-duplicate-name',
    () => signText('{"alg":"RS256","kid":"own"}', `{"\\u0073ub":"bob",${JSON.stringify(good()).slice(1)}`),
  ],
  [
    'a name twice deep inside',
    'token-duplicate-name',
    () =>
      signText(
        '{"alg":"RS256","kid":"own"}',
        `{"x":[{"a":{"b":1,"b":2}}],${JSON.stringify(good()).slice(1)}`,
      ),
  ],
  [
    'bytes that are no UTF-8',
    'token-malformed',
    async () => {
      const claims = Buffer.concat([
        Buffer.from('{"x":"'),
        Buffer.from([0xff]),
        Buffer.from(`",${JSON.stringify(good()).slice(1)}`),
      ])
      const signed = `${base64({ alg: 'RS256', kid: 'own' })}.${claims.toString('base64url')}`
      const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', own.privateKey, Buffer.from(signed))
      return `${signed}.${Buffer.from(signature).toString('base64url')}`
    },
  ],
  ['6 KB of claims', 'token-too-large', () => issuer.sign(good({ fill: 'x'.repeat(6_000) }))],
  ['iss with a slash', 'unknown-issuer', () => issuer.sign(good({ iss: `${issuer.url}/` }))],
  ['iss in capitals', 'unknown-issuer', () => issuer.sign(good({ iss: issuer.url.toUpperCase() }))],
  ['iss by https', 'unknown-issuer', () => issuer.sign(good({ iss: issuer.url.replace('http:', 'https:') }))],
  [
    'iss by another name',
    'unknown-issuer',
    () => issuer.sign(good({ iss: issuer.url.replace('127.0.0.1', 'localhost') })),
  ],
  [
    'iss as a list',
    'unknown-issuer',
    () => signText('{"alg":"RS256","kid":"own"}', JSON.stringify(good({ iss: [issuer.url] }))),
  ],
  [
    'iss of a provider for the code flow only',
    'unknown-issuer',
    () => issuer.sign(good({ iss: `${issuer.url}/browser` })),
  ],
  ['no iss', 'unknown-issuer', () => issuer.sign(without('iss'))],
  ['another aud', 'token-audience', () => issuer.sign(good({ aud: 'other' }))],
  ['aud in capitals', 'token-audience', () => issuer.sign(good({ aud: 'APP' }))],
  ['aud as a list without us', 'token-audience', () => issuer.sign(good({ aud: ['other', 'ap', 'app '] }))],
  [
    'aud as an object',
    'token-audience',
    () => signText('{"alg":"RS256","kid":"own"}', JSON.stringify(good({ aud: { app: 1 } }))),
  ],
  ['an empty aud', 'token-audience', () => issuer.sign(good({ aud: [] }))],
  ['no aud', 'token-claims', () => issuer.sign(without('aud'))],
  ['several aud without azp', 'token-authorized-party', () => issuer.sign(good({ aud: ['app', 'other'] }))],
  ['a foreign azp', 'token-authorized-party', () => issuer.sign(good({ azp: 'other' }))],
  ['azp as a list', 'token-authorized-party', () => issuer.sign(good({ azp: ['app', 'other'] }))],
  [
    'expired beyond the skew',
    'token-expired',
    () => issuer.sign(good({ iat: seconds() - 600, exp: seconds() - 31 })),
  ],
  [
    'exp as text',
    'token-claims',
    () => signText('{"alg":"RS256","kid":"own"}', JSON.stringify(good({ exp: String(seconds() + 300) }))),
  ],
  [
    'exp without end',
    'token-claims',
    () =>
      signText(
        '{"alg":"RS256","kid":"own"}',
        JSON.stringify(good({ exp: 7 })).replace('"exp":7', '"exp":1e999'),
      ),
  ],
  ['no exp', 'token-claims', () => issuer.sign(without('exp'))],
  ['no iat', 'token-claims', () => issuer.sign(without('iat'))],
  ['iat beyond the skew', 'token-not-yet-valid', () => issuer.sign(good({ iat: seconds() + 35 }))],
  ['nbf beyond the skew', 'token-not-yet-valid', () => issuer.sign(good({ nbf: seconds() + 35 }))],
  ['auth_time in the future', 'token-not-yet-valid', () => issuer.sign(good({ auth_time: seconds() + 35 }))],
  [
    'issued more than a day ago',
    'token-expired',
    () => issuer.sign(good({ iat: seconds() - 25 * 3_600, exp: seconds() + 10 ** 9 })),
  ],
  ['no sub', 'token-claims', () => issuer.sign(without('sub'))],
  ['an empty sub', 'token-claims', () => issuer.sign(good({ sub: '' }))],
  [
    'sub as a number',
    'token-claims',
    () => signText('{"alg":"RS256","kid":"own"}', JSON.stringify(good({ sub: 1 }))),
  ],
  ['an overlong sub', 'token-claims', () => issuer.sign(good({ sub: 'a'.repeat(256) }))],
  ['another’s sub in capitals', 'unknown-identity', () => issuer.sign(good({ sub: 'ALICE' }))],
  ['the same token again', 'token-replayed', reissued],
]

describe('a token with', () => {
  beforeEach(() => issuer.publish(own, elliptic))
  test.each(attacks)('%s is refused and audited as %s', async (_, fault, make) => {
    const token = await make()
    const sessions = await auth.redis.keys('{p:north}:session:*')
    const { status, body } = await exchange(auth, token)
    expect(body).toEqual({ error: 'invalid_request', error_description: 'subject_token is not accepted' })
    expect(status).toBe(400)
    expect(await auth.redis.keys('{p:north}:session:*')).toHaveLength(sessions.length)
    const events = [...(await auth.audited('unknown')), ...(await auth.audited())]
    const [last] = events.sort((one, other) => ((one.id ?? '') < (other.id ?? '') ? 1 : -1))
    expect(last).toMatchObject({ action: 'session.login-failed', outcome: 'failure', reason: fault })
  })
})

test('an ID token signs in once, however many exchange it at the same time', async () => {
  const token = await issuer.sign(good())
  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(auth, token)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ body }) => body.error === 'invalid_request')).toHaveLength(9)
})

test('an ECDSA signature written as its mirror image does not make a second token', async () => {
  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
  const token = await issuer.sign(good(), { alg: 'ES256' }, elliptic)
  const [header, claims, signature = ''] = token.split('.')
  const raw = Buffer.from(signature, 'base64url')
  const mirrored = (order - BigInt(`0x${raw.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  const twin = Buffer.concat([raw.subarray(0, 32), Buffer.from(mirrored, 'hex')]).toString('base64url')
  expect((await exchange(auth, token)).status).toBe(200)
  expect((await exchange(auth, [header, claims, twin].join('.'))).status).toBe(400)
  expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'token-replayed' })
})

test('a spent token is remembered as long as a clock could take it, and no longer', async () => {
  const before = await auth.redis.keys('oidc:spent:*')
  await exchange(auth, await issuer.sign(good({ exp: seconds() + 300 })))
  const [key = ''] = (await auth.redis.keys('oidc:spent:*')).filter((one) => !before.includes(one))
  const life = await auth.redis.ttl(key)
  expect(life).toBeGreaterThanOrEqual(330)
  expect(life).toBeLessThanOrEqual(362)
})

test('a refused token is in no log line', async () => {
  const token = await issuer.sign(good({ sub: 'nobody-knows' }))
  await exchange(auth, token)
  const lines = auth.lines.join('\n')
  for (const secret of [token, token.split('.')[2] ?? 'none', 'nobody-knows'])
    expect(lines).not.toContain(secret)
})
