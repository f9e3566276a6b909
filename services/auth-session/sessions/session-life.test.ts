import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SessionAnswer, SessionEnded } from '#lib/contract/session.ts'
import { parseToken } from '#lib/crypto/session-token.ts'
import { until } from '#lib/processes/wait.ts'
import { connectSubscriber, disconnect, untilReady } from '#lib/redis/connect.ts'
import { type AuthFixture, origin, password, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'

const idleMs = 500
const absoluteMs = 1_500
let auth: AuthFixture
let steady: AuthFixture
beforeAll(async () => {
  const env = { IDLE_TIMEOUT_MS: String(idleMs), ABSOLUTE_TIMEOUT_MS: String(absoluteMs) }
  auth = await startAuth({ env })
  steady = await startAuth({ env: { SESSIONS_PER_USER_MAX: '3' } })
})
afterAll(async () => {
  await auth.stop()
  await steady.stop()
})

const background = { 'X-Background': '1' }
const hashOf = (token: string) => parseToken(token)?.hash ?? ''
const alive = async (token: string) => (await auth.session(token, background)).status === 200

describe('time', () => {
  test('ends a session that nobody uses, and asking in the background is no use', async () => {
    const token = await tokenOf(auth.login((await auth.user()).email))
    const startedAt = performance.now()
    await until('the session is over', async () => !(await alive(token)))
    expect(performance.now() - startedAt).toBeLessThan(idleMs + 400)
    expect(await auth.redis.keys(`*${hashOf(token)}*`)).toEqual([])
  })

  test('ends a session that is used all along at its absolute expiry', async () => {
    const token = await tokenOf(auth.login((await auth.user()).email))
    const startedAt = performance.now()
    await until('the session is over', async () => (await auth.session(token)).status === 401)
    const lived = performance.now() - startedAt
    expect(lived).toBeGreaterThan(idleMs + 400)
    expect(lived).toBeLessThan(absoluteMs + 400)
  })
})

describe('a touch', () => {
  const opened = async () => {
    const user = await steady.user()
    const session = await steady.deps.sessions.open('north', user.id, 'aal1')
    if (!session) throw new Error('no session')
    return { ...session, key: `{p:north}:session:${session.tokenHash}` }
  }

  test('moves the idle expiry on, never back and never past the absolute one', async () => {
    const { tokenHash, key, view } = await opened()
    const { sessions } = steady.deps
    const idle = steady.config.IDLE_TIMEOUT_MS
    const before = await steady.redis.pexpiretime(key)
    await until('a ms has passed', () => Date.now() > before - idle)
    const after = await sessions.touch('north', tokenHash)
    expect(after).toBeGreaterThan(before)
    expect(await sessions.touch('north', tokenHash, before - idle)).toBe(after)
    expect(await sessions.touch('north', tokenHash, 0)).toBe(after)

    const soon = Date.parse(view.createdAt) + 60_000
    await steady.redis.hset(key, 'absoluteExpiresAt', soon)
    await steady.redis.pexpireat(key, soon - 30_000)
    expect(await sessions.touch('north', tokenHash)).toBe(soon)
  })

  test('never brings an ended session back', async () => {
    const { token, tokenHash, key } = await opened()
    expect((await steady.logout(token)).status).toBe(204)
    expect(await steady.deps.sessions.touch('north', tokenHash)).toBe(0)
    expect(await steady.redis.exists(key)).toBe(0)
  })
})

describe('GET /auth/session', () => {
  test('tells who is signed in, what they may do and the idle time that this very question restarted', async () => {
    const user = await steady.user({ roles: ['front-desk'] })
    const token = await tokenOf(steady.login(user.email))
    const key = `{p:north}:session:${hashOf(token)}`
    await steady.redis.pexpire(key, 60_000)
    const quiet = SessionAnswer.parse(await (await steady.session(token, background)).json())
    expect(Date.parse(quiet.session.idleExpiresAt)).toBeLessThan(Date.now() + 61_000)
    const answer = SessionAnswer.parse(await (await steady.session(token)).json())
    expect(answer).toMatchObject({
      session: { id: hashOf(token).slice(0, 16), aal: 'aal1' },
      user: { id: user.id, email: user.email, practiceId: 'north', roles: ['front-desk'] },
      permissions: ['patients:read', 'appointments:write', 'flow:write'],
    })
    expect(Date.parse(answer.session.idleExpiresAt)).toBe(await steady.redis.pexpiretime(key))
    expect(Date.parse(answer.session.idleExpiresAt)).toBeGreaterThan(Date.now() + 800_000)
  })

  test.each([
    ['no token', {}],
    ['a made-up token', { Authorization: `Bearer north.${'A'.repeat(43)}` }],
    ['no kind of token', { Authorization: 'Bearer x' }],
    ['another scheme', { Authorization: 'Basic eDp5' }],
  ])('refuses %s', async (_, headers) => {
    const response = await steady.app.request('/auth/session', { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(await problemOf(response)).toMatchObject({ code: 'unauthenticated' })
  })

  test('refuses a session whose user was deleted under it', async () => {
    const user = await steady.user()
    const token = await tokenOf(steady.login(user.email))
    await steady.redis.del(`{p:north}:user:${user.id}`)
    expect((await steady.session(token)).status).toBe(401)
  })
})

describe('logout', () => {
  test('refuses the token at once in every replica, publishes it and is audited', async () => {
    const user = await steady.user()
    const token = await tokenOf(steady.login(user.email))
    const other = await steady.replica()
    const subscriber = connectSubscriber({ url: steady.url, name: 'test' }, { onError: () => {} })
    const heard: string[] = []
    try {
      await untilReady(subscriber)
      await subscriber.subscribe('session-ended')
      subscriber.on('message', (_, message) => heard.push(message))
      expect((await steady.logout(token)).status).toBe(204)
      const asked = await other.app.request('/auth/session', {
        headers: { Authorization: `Bearer ${token}` },
      })
      expect(asked.status).toBe(401)
      await until('the end is published', () => heard.length > 0)
    } finally {
      disconnect(subscriber)
    }
    expect(heard.map((message) => SessionEnded.parse(JSON.parse(message)))).toEqual([
      { practiceId: 'north', tokenHash: hashOf(token) },
    ])
    expect(await steady.redis.exists(`{p:north}:sessions:${user.id}`)).toBe(0)
    expect((await steady.audited()).at(-1)).toMatchObject({ action: 'session.logout', actor: user.id })
    expect((await steady.logout(token)).status).toBe(401)
  })

  test('by cookie needs our origin and takes the cookie back', async () => {
    const { email } = await steady.user()
    const response = await steady.post('/auth/login', { email, password }, { Origin: origin })
    const Cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? ''
    for (const headers of [{ Cookie }, { Cookie, Origin: 'https://evil.example' }]) {
      const refused = await steady.post('/auth/logout', undefined, headers)
      expect(await problemOf(refused)).toMatchObject({ code: 'bad-origin' })
    }
    const ended = await steady.post('/auth/logout', undefined, { Cookie, Origin: origin })
    expect(ended.status).toBe(204)
    expect(ended.headers.get('Set-Cookie')).toMatch(/^__Host-session=; Max-Age=0; .*Secure/)
  })
})

describe('revocation', () => {
  test.each([
    ['its user', (id: string) => steady.redis.hincrby(`{p:north}:access:${id}`, 'epoch', 1)],
    ['a disabled user', (id: string) => steady.redis.hset(`{p:north}:access:${id}`, 'disabled', '1')],
    ['its practice', () => steady.redis.incr('{p:north}:epoch')],
  ])('of %s refuses the session at once', async (_, revoke) => {
    const user = await steady.user()
    const token = await tokenOf(steady.login(user.email))
    expect((await steady.session(token)).status).toBe(200)
    await revoke(user.id)
    expect((await steady.session(token)).status).toBe(401)
  })

  test('leaves sessions alone that begin after it', async () => {
    const user = await steady.user()
    await steady.redis.hincrby(`{p:north}:access:${user.id}`, 'epoch', 1)
    await steady.redis.incr('{p:north}:epoch')
    expect((await steady.session(await tokenOf(steady.login(user.email)))).status).toBe(200)
  })
})

test('a user holds no more sessions than allowed: the oldest ends', async () => {
  const user = await steady.user()
  const tokens: string[] = []
  for (let n = 0; n < 5; n += 1) tokens.push(await tokenOf(steady.login(user.email)))
  const statuses = await Promise.all(tokens.map(async (token) => (await steady.session(token)).status))
  expect(statuses).toEqual([401, 401, 200, 200, 200])
  expect(await steady.redis.zcard(`{p:north}:sessions:${user.id}`)).toBe(3)
})

test('sessions that expired make room without ending one that lives', async () => {
  const user = await steady.user()
  const tokens: string[] = []
  for (let n = 0; n < 3; n += 1) tokens.push(await tokenOf(steady.login(user.email)))
  await steady.redis.del(`{p:north}:session:${hashOf(tokens[1] ?? '')}`)
  await tokenOf(steady.login(user.email))
  expect((await steady.session(tokens[0] ?? '')).status).toBe(200)
})
