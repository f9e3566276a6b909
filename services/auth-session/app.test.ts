import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import { documentFaults } from '#lib/http/testing/document-faults.ts'
import { type AuthFixture, origin, password, problemOf, startAuth, tokenOf } from './testing/auth-fixture.ts'
import { codeAt, totpSecret } from './testing/totp-code.ts'

describe('a request that is wrong', () => {
  let auth: AuthFixture
  beforeAll(async () => {
    auth = await startAuth()
  })
  afterAll(() => auth.stop())

  test('costs no more to find than a good one: every path is told apart by hono’s fast router', async () => {
    await auth.app.request('/auth/nothing')
    expect(auth.app.router.name).toBe('SmartRouter + RegExpRouter')
  })

  const json = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ email: 'a@clinic.example', password })
  const wrong: [number, string, string, string, RequestInit][] = [
    [400, 'malformed-body', 'is not JSON', '/auth/login', { method: 'POST', headers: json, body: '{' }],
    [404, 'not-found', 'names no route', '/auth/nothing', {}],
    [405, 'method-not-allowed', 'names no method', '/auth/login', { method: 'PUT', headers: json, body }],
    [
      413,
      'body-too-large',
      'is huge',
      '/auth/login',
      { method: 'POST', headers: json, body: 'x'.repeat(41_000) },
    ],
    [
      415,
      'unsupported-media-type',
      'is a form',
      '/auth/login',
      { method: 'POST', body: new URLSearchParams('a=b') },
    ],
    [422, 'invalid-request', 'lacks fields', '/auth/login', { method: 'POST', headers: json, body: '{}' }],
    [
      422,
      'invalid-request',
      'has a bad code',
      '/auth/login/mfa',
      { method: 'POST', headers: json, body: '{"totp":"x"}' },
    ],
  ]
  test.each(wrong)('is told %i %s when it %s', async (status, code, _, path, init) => {
    const response = await auth.app.request(path, init)
    expect(response.status).toBe(status)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    const problem = Problem.parse(await response.json())
    expect(problem).toMatchObject({ status, code, type: `urn:problem:${code}` })
    expect(response.headers.get('X-Request-Id')).toBe(problem.requestId)
    if (status === 405) expect(response.headers.get('Allow')).toBe('POST')
    if (status === 422)
      expect(problem.errors?.map((error) => error.path)).toContain(path.endsWith('mfa') ? 'totp' : 'email')
  })

  test('is not told what it sent', async () => {
    const response = await auth.post('/auth/login', { email: 'no-address', password: 'very secret', x: 1 })
    expect(await response.text()).not.toMatch(/very secret|no-address/)
  })
})

describe('the service', () => {
  let auth: AuthFixture
  beforeAll(async () => {
    auth = await startAuth()
  })
  afterAll(() => auth.stop())

  test('describes every route, its problems and its credentials in OpenAPI', async () => {
    const document = (await (await auth.app.request('/auth/openapi.json')).json()) as {
      openapi: string
      paths: Record<string, Record<string, { responses: object; security?: object[] }>>
    }
    expect(document.openapi).toBe('3.1.0')
    const { paths } = document
    expect(Object.keys(paths['/auth/login']?.post?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '401', '403', '422', '429', '503']),
    )
    expect(paths['/auth/login/mfa']?.post).toBeDefined()
    expect(paths['/auth/session']?.get?.security).toHaveLength(3)
    expect(documentFaults(document)).toEqual([])
    expect(Object.keys(paths['/auth/logout']?.post?.responses ?? {})).toContain('204')
  })

  test('is alive, ready and healthy, and counts sign-ins by outcome', async () => {
    const { email } = await auth.user()
    await auth.login(email)
    await auth.login(email, 'wrong password')
    for (const path of ['/healthz', '/readyz', '/redis-health'])
      expect((await auth.app.request(path)).status).toBe(200)
    const metrics = await (await auth.app.request('/metrics')).text()
    expect(metrics).toContain('auth_logins_total{step="password",outcome="success",service="auth-session"} 1')
    expect(metrics).toContain('outcome="invalid-credentials",service="auth-session"} 1')
  })

  test('trusts X-Forwarded-For no further than its configured proxies', async () => {
    const behind = await startAuth({
      env: { TRUSTED_PROXIES: '1' },
      loginLimits: {
        account: { freeFailures: 50, firstMs: 60_000, longestMs: 60_000, windowMs: 60_000 },
        address: { freeFailures: 2, firstMs: 60_000, longestMs: 60_000, windowMs: 60_000 },
      },
    })
    try {
      const attempt = (forwarded: string) =>
        behind.post('/auth/login', { email: 'a@clinic.example', password }, { 'X-Forwarded-For': forwarded })
      await attempt('10.9.9.1, 192.0.2.1')
      await attempt('10.9.9.2, 192.0.2.1')
      expect((await attempt('10.9.9.3, 192.0.2.1')).status).toBe(429)
      expect((await attempt('192.0.2.2')).status).toBe(401)
    } finally {
      await behind.stop()
    }
  })
})

describe('Redis', () => {
  let auth: AuthFixture
  afterEach(() => auth.stop())

  test('never holds a token, an e-mail address, a password, a code’s seed, a challenge or an address', async () => {
    auth = await startAuth()
    const user = await auth.user({ totpSecret, email: 'jane.doe@clinic.example' })
    const plain = await auth.user()
    await auth.login('stranger@clinic.example', 'some wrong password')
    const { challengeId = '' } = await problemOf(auth.login(user.email))
    const token = await tokenOf(auth.mfa(challengeId, codeAt(auth.deps.now())))
    const kept = await problemOf(auth.login(user.email))
    const other = await tokenOf(auth.login(plain.email))
    await auth.session(other)
    await auth.login(plain.email, 'another wrong password')

    const [, folder = ''] = (await auth.redis.config('GET', 'dir')) as string[]
    await auth.redis.config('SET', 'rdbcompression', 'no')
    await auth.redis.save()
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )
    const dump = (
      await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
    ).join('\n')
    // What must be there shows that the search would have found the rest.
    for (const there of [user.id, 'session.login', 'totpLastStep', 'attempts:']) expect(dump).toContain(there)
    const secrets = [user.email, plain.email, 'jane', 'stranger', password, 'wrong password', totpSecret]
    const tokens = [token, other].flatMap((text) => [text, text.split('.')[1] ?? text])
    for (const secret of [
      ...secrets,
      ...tokens,
      challengeId,
      kept.challengeId ?? 'x',
      '203.0.113.7',
      '$argon2',
    ])
      expect(dump.toLowerCase()).not.toContain(secret.toLowerCase())
    const log = auth.lines.join('').toLowerCase()
    for (const secret of [...secrets, ...tokens, challengeId]) expect(log).not.toContain(secret.toLowerCase())
  })

  test('killed and started again still knows the sessions', async () => {
    auth = await startAuth()
    const { email } = await auth.user()
    const token = await tokenOf(auth.login(email))
    await auth.crash()
    expect((await auth.session(token)).status).toBe(200)
    expect((await auth.login(email)).status).toBe(200)
  })

  test('away closes every door with 503, and back opens them without a restart', async () => {
    auth = await startAuth()
    const { email } = await auth.user()
    const token = await tokenOf(auth.login(email))
    await auth.server().child.end('SIGKILL')
    const closed = await Promise.all([
      auth.login(email),
      auth.session(token),
      auth.logout(token),
      auth.mfa('A'.repeat(43), '123456'),
    ])
    for (const response of closed) {
      expect(response.status).toBe(503)
      expect(response.headers.get('Retry-After')).toBe('2')
      expect(await problemOf(response)).toMatchObject({ code: 'redis-unavailable' })
    }
    expect((await auth.app.request('/healthz')).status).toBe(200)
    expect((await auth.app.request('/readyz')).status).toBe(503)
    expect((await auth.app.request('/redis-health')).status).toBe(503)

    await auth.crash()
    expect((await auth.app.request('/readyz')).status).toBe(200)
    expect((await auth.session(token)).status).toBe(200)
    expect((await auth.post('/auth/login', { email, password }, { Origin: origin })).status).toBe(200)
  })
})
