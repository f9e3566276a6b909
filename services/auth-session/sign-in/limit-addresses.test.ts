import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthFixture, password, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth({ env: { RATE_ADDRESS: '5', TRUSTED_PROXIES: '1' } })
})
afterAll(() => auth.stop())

const login = (email: string, forwarded: string) =>
  auth.post('/auth/login', { email, password, delivery: 'bearer' }, { 'X-Forwarded-For': forwarded })

test('an address may ask so often to sign in, right or wrong, and is told when to come back', async () => {
  const { email } = await auth.user()
  for (let left = 4; left >= 0; left -= 1) {
    const answer = await login(email, '203.0.113.1')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('RateLimit')).toContain(`"address";r=${left};`)
  }
  const refused = await login(email, '203.0.113.1')
  expect(refused.status).toBe(429)
  expect((await problemOf(refused)).code).toBe('too-many-requests')
  expect(refused.headers.get('RateLimit-Policy')).toBe('"address";q=5;w=60')
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect(Number(refused.headers.get('Retry-After'))).toBeLessThanOrEqual(12)
  expect((await login(email, '203.0.113.2')).status).toBe(200)
})

test('what a caller invents in front of the trusted proxy makes no other address of it', async () => {
  const { email } = await auth.user()
  const answers = []
  for (let n = 0; n < 7; n += 1) answers.push((await login(email, `10.9.8.${n}, 203.0.113.3`)).status)
  expect(answers).toEqual([200, 200, 200, 200, 200, 429, 429])
})

test('is counted before a body is looked at, over every route that needs no session, and no other', async () => {
  const forwarded = { 'X-Forwarded-For': '203.0.113.4' }
  const token = await tokenOf(login((await auth.user()).email, '203.0.113.4'))
  for (let n = 0; n < 4; n += 1) expect((await auth.post('/auth/login/mfa', {}, forwarded)).status).toBe(422)
  expect((await auth.post('/auth/login/mfa', {}, forwarded)).status).toBe(429)
  expect((await auth.post('/auth/login', {}, forwarded)).status).toBe(429)
  expect((await auth.session(token, forwarded)).status).toBe(200)
})

test('names no address in Redis', async () => {
  const keys = await auth.redis.keys('rate:*')
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) {
    expect(key).toMatch(/^rate:[0-9a-f]{64}$/)
    expect(await auth.redis.pttl(key)).toBeGreaterThan(0)
  }
})
