import { afterAll, beforeEach, expect, test } from 'vitest'
import { AuthClient } from './auth-client.ts'
import { problemAnswer, startFakeServices } from './testing/fake-services.ts'

const services = startFakeServices()
const auth = new AuthClient({ baseUrl: services.url })
const asked: { path: string; method: string; body: unknown }[] = []
let answer: () => Response
afterAll(() => services.stop())
beforeEach(() => {
  asked.length = 0
  services.on.other = async (request) => {
    const text = await request.text()
    const path = new URL(request.url).pathname
    asked.push({ path, method: request.method, body: text === '' ? undefined : JSON.parse(text) })
    return answer()
  }
})

test('signs in with a password', async () => {
  answer = () => Response.json({ session: { id: 's' }, user: { id: 'u' } })
  expect(await auth.login('a@b.test', 'secret')).toEqual({
    kind: 'signed-in',
    answer: { session: { id: 's' }, user: { id: 'u' } },
  })
  expect(asked).toEqual([
    { path: '/auth/login', method: 'POST', body: { email: 'a@b.test', password: 'secret' } },
  ])
})

test('tells that a second factor is needed, and sends it', async () => {
  answer = () => problemAnswer('mfa-required', { challengeId: 'c', methods: ['totp'] })
  const outcome = await auth.login('a@b.test', 'secret')
  expect(outcome).toEqual({ kind: 'mfa-required', challengeId: 'c', methods: ['totp'] })
  answer = () => problemAnswer('invalid-code')
  expect(await auth.loginMfa('c', { totp: '123456' })).toEqual({ kind: 'refused', code: 'invalid-code' })
  expect(asked[1]).toEqual({
    path: '/auth/login/mfa',
    method: 'POST',
    body: { challengeId: 'c', totp: '123456' },
  })
})

test('tells wrong credentials from too many tries', async () => {
  answer = () => problemAnswer('invalid-credentials')
  expect(await auth.login('a', 'b')).toEqual({ kind: 'refused', code: 'invalid-credentials' })
  answer = () => problemAnswer('too-many-requests', {}, { 'retry-after': '30' })
  expect(await auth.login('a', 'b')).toEqual({ kind: 'too-many-requests', retryAfterMs: 30_000 })
  answer = () =>
    problemAnswer('too-many-requests', {}, { 'retry-after': new Date(Date.now() + 9000).toUTCString() })
  expect(await auth.login('a', 'b')).toMatchObject({ retryAfterMs: expect.closeTo(9000, -3.4) })
  answer = () => problemAnswer('too-many-requests', {}, { 'retry-after': 'soon' })
  expect(await auth.login('a', 'b')).toMatchObject({ retryAfterMs: undefined })
})

test('throws what nobody expects of a sign-in', async () => {
  answer = () => problemAnswer('redis-unavailable')
  await expect(auth.login('a', 'b')).rejects.toMatchObject({ code: 'redis-unavailable', status: 503 })
  answer = () => new Response('<html>bad gateway</html>', { status: 502 })
  await expect(auth.login('a', 'b')).rejects.toMatchObject({ code: 'unexpected-answer', status: 502 })
  answer = () => new Response('<html>fine?</html>')
  await expect(auth.login('a', 'b')).rejects.toMatchObject({ code: 'unexpected-answer', status: 200 })
  const nowhere = new AuthClient({ baseUrl: 'http://localhost:1' })
  await expect(nowhere.login('a', 'b')).rejects.toMatchObject({ code: 'network', status: undefined })
})

test('tells who is signed in, or that nobody is', async () => {
  answer = () => Response.json({ permissions: ['ops:read'] })
  expect(await auth.session()).toEqual({ permissions: ['ops:read'] })
  answer = () => problemAnswer('unauthenticated')
  expect(await auth.session()).toBeUndefined()
  answer = () => problemAnswer('internal')
  await expect(auth.session()).rejects.toMatchObject({ code: 'internal' })
})

test('signs out whom the page shows, and nobody who has signed in since', async () => {
  const seen: (string | null)[] = []
  services.on.other = (request) => {
    seen.push(request.headers.get('x-user'))
    return new Response(null, { status: 204 })
  }
  await auth.logout('user-1')
  await auth.logout()
  expect(seen).toEqual(['user-1', null])
})

test('signing out twice is no error, a failure to sign out is', async () => {
  answer = () => new Response(null, { status: 204 })
  await auth.logout()
  answer = () => problemAnswer('unauthenticated')
  await auth.logout()
  answer = () => problemAnswer('redis-unavailable')
  await expect(auth.logout()).rejects.toMatchObject({ code: 'redis-unavailable' })
})
