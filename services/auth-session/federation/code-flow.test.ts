import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stepUpFreshMs } from '#lib/http/require-session.ts'
import { type AuthFixture, origin, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { clientId, clientSecret, type OidcServer, startOidcServer } from '../testing/oidc-server.ts'
import { link, patientLimits } from '../testing/token-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

const callback = `${origin}/auth/oidc/op/callback`
let auth: AuthFixture
let op: OidcServer
beforeAll(async () => {
  op = await startOidcServer(callback)
  const base = {
    issuer: op.url,
    clientId,
    clientSecret,
    signIn: ['code'],
    practice: 'north',
    secondFactor: [{ claim: 'amr', values: ['mfa'] }],
  }
  auth = await startAuth({
    env: { OIDC_PROVIDERS: JSON.stringify({ op: base }) },
    loginLimits: patientLimits,
  })
})
afterAll(async () => {
  await auth.stop()
  await op.stop()
})

const cookieOf = (response: Response, name: string) =>
  response.headers.getSetCookie().flatMap((line) => new RegExp(`^(${name}=[^;]+)`).exec(line)?.[1] ?? [])[0]

async function start(query = '', headers: Record<string, string> = {}) {
  const response = await auth.app.request(`/auth/oidc/op/start${query}`, { headers })
  return {
    response,
    to: response.headers.get('Location') ?? '',
    cookie: cookieOf(response, '__Host-oidc') ?? '',
  }
}

const comeBack = (url: URL, cookie: string) =>
  auth.app.request(url.pathname + url.search, { headers: { Cookie: cookie } })

async function startLink(token: string, headers: Record<string, string> = {}) {
  const response = await auth.app.request('/auth/oidc/op/link', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ returnTo: '/console/#/account' }),
  })
  const cookie = cookieOf(response, '__Host-oidc') ?? ''
  const { location: to = '' } = (await response.clone().json()) as { location?: string }
  return { response, to, cookie }
}

/** The whole way of one browser. */
async function go(begun = start()) {
  const { to, cookie } = await begun
  const back = await op.visit(to)
  return { back, cookie, response: await comeBack(back, cookie) }
}

async function known(sub: string, wanted: Parameters<AuthFixture['user']>[0] = {}) {
  const user = await auth.user(wanted)
  await link(auth, user, { issuer: op.url, subject: sub })
  op.state.person = { sub }
  return user
}

const lastAudited = async (practice = 'north') => (await auth.audited(practice)).at(-1)

describe('the way to the provider', () => {
  test('carries state, nonce and an S256 challenge, and the exact redirect URI', async () => {
    const { response, to } = await start()
    expect(response.status).toBe(302)
    const url = new URL(to)
    expect(url.origin).toBe(op.url)
    const asked = Object.fromEntries(url.searchParams)
    expect(asked).toMatchObject({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid email',
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(asked[name], name).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  test('is bound to the browser by a short-lived __Host- cookie that tabs share', async () => {
    const first = await start()
    expect(first.response.headers.get('Set-Cookie')).toMatch(
      /^__Host-oidc=[A-Za-z0-9_-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect((await start('', { Cookie: first.cookie })).cookie).toBe(first.cookie)
    expect((await start('', { Cookie: '__Host-oidc=guessed' })).cookie).not.toContain('guessed')
  })

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'console',
    '/a%0d%0ab c',
    '/\t/evil.example',
    'javascript:alert(1)',
    `/${'x'.repeat(512)}`,
  ])('returns to no other place than a path of this site: %j', async (returnTo) => {
    const { response } = await start(`?${new URLSearchParams({ returnTo })}`)
    expect(response.status).toBe(422)
  })

  test('does not exist for a provider that is not configured', async () => {
    expect((await auth.app.request('/auth/oidc/other/start')).status).toBe(404)
    expect((await auth.app.request('/auth/oidc/other/callback?state=x')).status).toBe(404)
  })
})

describe('the way back', () => {
  test('gives a linked person a session of one factor and leads to the page', async () => {
    const { id } = await known('alice')
    const { response } = await go(start('?returnTo=/console/day%3Fdate%3D2026-11-21'))
    expect(response.status).toBe(303)
    expect(response.headers.get('Location')).toBe('/console/day?date=2026-11-21')
    const session = cookieOf(response, '__Host-session') ?? ''
    const answer = await auth.app.request('/auth/session', { headers: { Cookie: session } })
    expect(await answer.json()).toMatchObject({ session: { aal: 'aal1' }, user: { id, practiceId: 'north' } })
    expect(
      (await auth.audited()).some(({ action, actor }) => action === 'session.login' && actor === id),
    ).toBe(true)
  })

  test('keeps nothing of what the provider gave', async () => {
    await known('forgotten')
    const { back } = await go()
    const code = back.searchParams.get('code') ?? 'none'
    const keys = await auth.redis.keys('oidc:*')
    expect(keys.filter((key) => key.startsWith('oidc:flow:')).join()).not.toContain(code)
    const texts = await Promise.all(
      keys.map(async (key) => ((await auth.redis.type(key)) === 'string' ? auth.redis.get(key) : '')),
    )
    expect(texts.join()).not.toMatch(/eyJ/)
  })

  test('gives two factors where the provider proves them', async () => {
    await known('bob')
    op.state.person = { sub: 'bob', amr: ['pwd', 'mfa'] }
    const { response } = await go()
    const session = cookieOf(response, '__Host-session') ?? ''
    const answer = await auth.app.request('/auth/session', { headers: { Cookie: session } })
    expect(await answer.json()).toMatchObject({ session: { aal: 'aal2' } })
  })

  test('asks whoever has a second factor here for it, in the fragment that no server sees', async () => {
    await known('carol', { totpSecret })
    const { response } = await go()
    expect(cookieOf(response, '__Host-session')).toBeUndefined()
    const target = new URL(response.headers.get('Location') ?? '', origin)
    expect(target.search).toBe('')
    const told = new URLSearchParams(target.hash.slice(1))
    expect(told.get('sign-in')).toBe('mfa-required')
    const done = await auth.mfa(told.get('challengeId') ?? '', codeAt(auth.deps.now()))
    expect(done.status).toBe(200)
  })

  test('lets an unknown subject in nowhere, even with the e-mail address of a user', async () => {
    const { email } = await auth.user()
    op.state.person = { sub: 'stranger', claims: { email, email_verified: true } }
    const { response } = await go()
    expect(response.headers.get('Location')).toBe('/console/#sign-in=federation-refused')
    expect(cookieOf(response, '__Host-session')).toBeUndefined()
    expect(await lastAudited()).toMatchObject({
      action: 'session.login-failed',
      entity: 'Provider/op',
      reason: 'unknown-identity',
    })
  })

  test('lets nobody in who is disabled', async () => {
    const { id } = await known('dave')
    await auth.redis.hset(`{p:north}:access:${id}`, 'disabled', '1')
    const { response } = await go()
    expect(response.headers.get('Location')).toContain('federation-refused')
    expect(await lastAudited()).toMatchObject({ entity: `User/${id}`, reason: 'user-disabled' })
  })

  test('tells the page when the provider said no', async () => {
    op.state.refuses = true
    const { response } = await go()
    op.state.refuses = false
    expect(response.headers.get('Location')).toBe('/console/#sign-in=federation-refused')
    expect(await lastAudited()).toMatchObject({ reason: 'provider-said-no' })
  })
})

describe('an answer that is not for this browser, or not for the first time,', () => {
  test('is refused without the cookie and with another one; the right one still works', async () => {
    await known('erin')
    const { to, cookie } = await start()
    const back = await op.visit(to)
    const other = (await start()).cookie
    for (const wrong of ['', other, '__Host-oidc=x']) {
      const response = await comeBack(back, wrong)
      expect(response.status).toBe(401)
      expect(await problemOf(response)).toMatchObject({ code: 'federation-refused' })
    }
    expect(await lastAudited()).toMatchObject({ reason: 'unknown-flow' })
    expect((await comeBack(back, cookie)).headers.get('Location')).toBe('/console/')
  })

  test('is refused the second time, also at the same time', async () => {
    await known('frank')
    const { to, cookie } = await start()
    const back = await op.visit(to)
    const answers = await Promise.all([comeBack(back, cookie), comeBack(back, cookie)])
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 401])
    expect((await comeBack(back, cookie)).status).toBe(401)
  })

  test('is refused with the code of another flow: PKCE and nonce belong to this one', async () => {
    await known('grace')
    const mine = await start()
    const theirs = await start()
    const back = await op.visit(mine.to)
    const injected = await op.visit(theirs.to)
    back.searchParams.set('code', injected.searchParams.get('code') ?? '')
    const response = await comeBack(back, mine.cookie)
    expect(response.headers.get('Location')).toContain('federation-refused')
    expect(await lastAudited()).toMatchObject({ reason: 'code-refused' })
  })

  test('is refused where it names another issuer (RFC 9207)', async () => {
    await known('heidi')
    const { to, cookie } = await start()
    const back = await op.visit(to)
    back.searchParams.set('iss', 'https://evil.example')
    expect((await comeBack(back, cookie)).headers.get('Location')).toContain('federation-refused')
  })

  test('is refused after ten minutes', async () => {
    const { to, cookie } = await start()
    const back = await op.visit(to)
    const [key = ''] = await auth.redis.keys('oidc:flow:*')
    expect(await auth.redis.ttl(key)).toBeLessThanOrEqual(600)
    for (const flow of await auth.redis.keys('oidc:flow:*')) await auth.redis.del(flow)
    expect((await comeBack(back, cookie)).status).toBe(401)
  })
})

describe('linking on the way', () => {
  test('lets the identity of a fresh session’s user sign in from then on', async () => {
    const user = await auth.user()
    const token = await tokenOf(auth.login(user.email))
    op.state.person = { sub: 'ivan' }
    const linked = await go(startLink(token))
    expect(linked.response.headers.get('Location')).toBe('/console/#/account')
    expect(cookieOf(linked.response, '__Host-session')).toBeUndefined()
    expect((await auth.audited()).at(-1)).toMatchObject({ action: 'identity.link', actor: user.id })
    const signedIn = await go()
    expect(cookieOf(signedIn.response, '__Host-session')).toBeDefined()
  })

  test('is refused without a session, with a stale one, and after the session has ended', async () => {
    expect((await startLink('none')).response.status).toBe(401)
    const { email } = await auth.user()
    const token = await tokenOf(auth.login(email))
    op.state.person = { sub: 'judy' }
    const { to, cookie } = await startLink(token)
    const back = await op.visit(to)
    await auth.logout(token)
    expect((await comeBack(back, cookie)).headers.get('Location')).toBe('/console/#link=federation-refused')
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'session-gone' })

    const stale = await tokenOf(auth.login(email))
    for (const one of await auth.redis.keys('{p:north}:session:*'))
      await auth.redis.hincrby(one, 'provedAt', -(stepUpFreshMs + 1_000))
    const { response } = await startLink(stale)
    expect(response.status).toBe(403)
    expect(await problemOf(response)).toMatchObject({ code: 'step-up-required' })
  })

  test('never takes an identity from another account', async () => {
    await known('mallory')
    const { email, id } = await auth.user()
    const token = await tokenOf(auth.login(email))
    const { response } = await go(startLink(token))
    expect(response.headers.get('Location')).toBe('/console/#link=already-linked')
    expect((await auth.audited()).at(-1)).toMatchObject({ entity: `User/${id}`, reason: 'already-linked' })
  })
})
