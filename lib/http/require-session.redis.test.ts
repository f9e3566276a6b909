import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { openTestGround, signInTestUser, type TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy } from '#lib/testing/tcp-proxy.ts'
import { type ProofNeeded, requireSession, stepUpFreshMs } from './require-session.ts'
import { createSessionGuard, type SessionGuard } from './session-guard.ts'
import { createTinyService, type TinyService } from './testing/tiny-service.ts'

const ours = 'https://clinic.example'
let server: TestRedis
let ground: ServiceGround
let user: TestSession
let service: TinyService

beforeAll(async () => {
  server = await startTestRedis()
  ground = await openTestGround('tiny', server)
})
afterAll(async () => {
  disconnect(ground.redis)
  await server.stop()
})
beforeEach(async () => {
  await server.redis.flushall()
  user = await signInTestUser(ground, { roles: ['clinician'] })
  service = serviceWith(createSessionGuard({ redis: ground.redis, now: Date.now }))
})

function serviceWith(guard: SessionGuard): TinyService {
  const tiny = createTinyService()
  const deps = { guard, origins: [ours] }
  tiny.app.on(['GET', 'POST', 'DELETE'], '/me', requireSession(deps), (c) => c.json(c.var.session))
  tiny.app.get('/first', requireSession({ ...deps, beforePasswordChange: true }), (c) =>
    c.json(c.var.session),
  )
  tiny.app.get('/operations', requireSession({ ...deps, permission: 'ops:read' }), (c) => c.text('yes'))
  tiny.app.get('/flow', requireSession({ ...deps, permission: 'flow:write' }), (c) => {
    c.var.log.info({}, 'in the handler')
    return c.text('yes')
  })
  return tiny
}

const request = (path: string, headers: Record<string, string> = user.headers, method = 'GET') =>
  service.app.request(path, { method, headers })
const status = async (...call: Parameters<typeof request>) => (await request(...call)).status
const cookie = () => ({ Cookie: `__Host-session=${user.token}` })
const sessionKey = () => sessionKeys.session(user.practiceId, user.tokenHash)
const accessKey = () => sessionKeys.access(user.practiceId, user.userId)

test('lets a good session pass and says who it is', async () => {
  const answer = await request('/me')
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    id: user.tokenHash.slice(0, 16),
    userId: user.userId,
    practiceId: 'test-clinic',
    aal: 'aal1',
    roles: ['clinician'],
    permissions: ['patients:read', 'flow:write'],
  })
})

test('answers 401 without credentials, before any work', async () => {
  const answer = await request('/me', {})
  expect(answer.status).toBe(401)
  expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
  expect(Problem.parse(await answer.json()).code).toBe('unauthenticated')
})

test.each([
  ['another scheme', 'Basic dXNlcjpwYXNz'],
  ['no token', 'Bearer '],
  ['two tokens', 'Bearer a b'],
  ['a malformed token', 'Bearer nonsense'],
  ['an unknown token', `Bearer test-clinic.${'A'.repeat(43)}`],
  ['a token of another practice', `Bearer other.${'A'.repeat(43)}`],
])('answers 401 to %s', async (_what, header) => {
  expect(await status('/me', { Authorization: header })).toBe(401)
})

test('does not fall back to the cookie where the bearer is malformed', async () => {
  expect(await status('/me', { ...cookie(), Authorization: 'Basic x' })).toBe(401)
})

test('refuses the token of a session under the name of another practice', async () => {
  const elsewhere = user.token.replace('test-clinic.', 'other-clinic.')
  expect(await status('/me', { Authorization: `Bearer ${elsewhere}` })).toBe(401)
})

test('refuses a session after its idle time', async () => {
  await server.redis.pexpire(sessionKey(), 1)
  await until('the session is gone', async () => (await server.redis.exists(sessionKey())) === 0)
  expect(await status('/me')).toBe(401)
})

test('refuses a session after its absolute end, however active', async () => {
  await server.redis.hset(sessionKey(), 'absoluteExpiresAt', String(Date.now() - 1))
  expect(await status('/me')).toBe(401)
})

test.each([
  ['the user’s epoch moved on', () => server.redis.hincrby(accessKey(), 'epoch', 1)],
  ['the practice’s epoch moved on', () => server.redis.incr(sessionKeys.epoch(user.practiceId))],
  ['the user is disabled', () => server.redis.hset(accessKey(), 'disabled', '1')],
  ['the user is gone', () => server.redis.del(accessKey())],
  ['the session ended', () => server.redis.del(sessionKey())],
])('refuses on the next request when %s', async (_what, happen) => {
  expect(await status('/me')).toBe(200)
  await happen()
  expect(await status('/me')).toBe(401)
})

test('answers 403 without the permission the route needs', async () => {
  const answer = await request('/operations')
  expect(answer.status).toBe(403)
  expect(Problem.parse(await answer.json()).code).toBe('forbidden')
  expect(await status('/flow')).toBe(200)
})

describe('a sensitive route', () => {
  const path = '/sensitive'
  const needs = async (proof: ProofNeeded) => {
    service.app.get(
      path,
      requireSession({ guard, origins: [ours], permission: 'flow:write', ...proof }),
      (c) => c.text('yes'),
    )
    const answer = await request(path)
    return { status: answer.status, problem: answer.ok ? undefined : Problem.parse(await answer.json()) }
  }
  const guard: SessionGuard = {
    check: (...call) => createSessionGuard({ redis: ground.redis, now: Date.now }).check(...call),
    recheck: () => Promise.reject(new Error('not asked')),
  }
  const provedBefore = (ms: number) => server.redis.hset(sessionKey(), 'provedAt', Date.now() - ms)

  test('lets a session pass that proved a factor lately, at the level it needs', async () => {
    await server.redis.hset(sessionKey(), 'aal', 'aal2')
    expect(await needs({ aal: 'aal2', freshMs: stepUpFreshMs })).toEqual({ status: 200 })
  })

  test.each([
    ['too weak', { aal: 'aal2' }, 0],
    ['too old', { freshMs: 60_000 }, 60_001],
    ['too weak and too old', { aal: 'aal2', freshMs: 60_000 }, 60_001],
  ] as const)('says what it needs of a session that is %s', async (_, proof, age) => {
    await provedBefore(age)
    expect(await needs(proof)).toMatchObject({
      status: 403,
      problem: { code: 'step-up-required', needs: proof },
    })
  })

  test('does not ask for a step-up that would not help', async () => {
    await server.redis.hset(accessKey(), 'roles', 'nobody')
    await provedBefore(60_001)
    expect(await needs({ freshMs: 60_000 })).toMatchObject({ problem: { code: 'forbidden' } })
  })
})

test('takes a change of roles on the next request', async () => {
  await server.redis.hset(sessionKey(), 'aal', 'aal2')
  await server.redis.hset(accessKey(), 'roles', 'operator')
  expect(await status('/operations')).toBe(200)
  expect(await status('/flow')).toBe(403)
})

test('takes the practice’s own role table instead of ours', async () => {
  await server.redis.hset(sessionKeys.roles(user.practiceId), { clinician: 'ops:read,unknown:permission' })
  expect(await status('/operations')).toBe(200)
  expect(await status('/flow')).toBe(403)
})

test('grants nothing by a role without an entry in the practice’s table', async () => {
  await server.redis.hset(sessionKeys.roles(user.practiceId), { operator: 'ops:read' })
  expect(await (await request('/me')).json()).toMatchObject({ permissions: [] })
})

test('names session, practice and user in the handler’s log lines, and never the token', async () => {
  await request('/flow')
  expect(service.logged()[0]).toMatchObject({
    session: user.tokenHash.slice(0, 16),
    practiceId: user.practiceId,
    userId: user.userId,
  })
  expect(service.lines.join('')).not.toContain(user.token)
  expect(service.lines.join('')).not.toContain(user.tokenHash)
})

test('names who was refused, and why, in the request’s line', async () => {
  await request('/operations')
  expect(service.logged().at(-1)).toMatchObject({
    message: 'request',
    status: 403,
    code: 'forbidden',
    userId: user.userId,
    session: user.tokenHash.slice(0, 16),
  })
})

test('takes the cookie on a GET without an Origin', async () => {
  expect(await status('/me', cookie())).toBe(200)
})

test.each([
  ['no Origin', {}],
  ['a foreign Origin', { Origin: 'https://evil.example' }],
  ['an Origin that begins like ours', { Origin: 'https://clinic.example.evil.example' }],
  ['an opaque Origin', { Origin: 'null' }],
  ['our Origin and a cross-site fetch', { Origin: ours, 'Sec-Fetch-Site': 'cross-site' }],
  ['our Origin and a same-site fetch', { Origin: ours, 'Sec-Fetch-Site': 'same-site' }],
])('refuses a POST by cookie with %s', async (_what, headers) => {
  const answer = await request('/me', { ...cookie(), ...headers }, 'POST')
  expect(answer.status).toBe(403)
  expect(Problem.parse(await answer.json()).code).toBe('bad-origin')
})

test.each([{ Origin: ours }, { Origin: ours, 'Sec-Fetch-Site': 'same-origin' }])(
  'takes a POST and a DELETE by cookie from our own page',
  async (headers) => {
    expect(await status('/me', { ...cookie(), ...headers }, 'POST')).toBe(200)
    expect(await status('/me', { ...cookie(), ...headers }, 'DELETE')).toBe(200)
  },
)

test('needs no Origin of a bearer, which no page sends by itself', async () => {
  expect(await status('/me', user.headers, 'POST')).toBe(200)
})

test('counts a request as activity unless it says that it is in the background', async () => {
  await request('/me', { ...user.headers, 'X-Background': '1' })
  expect(await server.redis.xlen(sessionKeys.touches)).toBe(0)
  await request('/me')
  expect(await server.redis.xlen(sessionKeys.touches)).toBe(1)
})

test('a page that names another user than the session’s gets a 401, and that session is not touched', async () => {
  const other = await signInTestUser(ground, { roles: ['clinician'] })
  for (const named of [other.userId, '', 'nonsense']) {
    const answer = await request('/me', { ...cookie(), Origin: ours, 'X-User': named }, 'POST')
    expect(Problem.parse(await answer.json()).code).toBe('unauthenticated')
  }
  expect(await server.redis.xlen(sessionKeys.touches)).toBe(0)
  expect(await status('/me', { ...cookie(), Origin: ours, 'X-User': user.userId }, 'POST')).toBe(200)
})

test('a session of a first password comes nowhere but where the password is changed, with no permission', async () => {
  await server.redis.hset(sessionKey(), 'firstPassword', '1')
  // Nor does emergency access help, nor would a second factor.
  await server.redis.hset(sessionKey(), 'emergencyUntil', String(Date.now() + 60_000))
  for (const path of ['/me', '/operations', '/flow'])
    expect(Problem.parse(await (await request(path)).json()).code).toBe('password-change-required')
  const answer = await request('/first')
  expect(await answer.json()).toMatchObject({ mustChangePassword: true, permissions: [], withheld: [] })
})

test('answers 503 while Redis is away, whoever asks, and lets sessions pass when it is back', async () => {
  const proxy = await startTcpProxy(server.server().port)
  const redis = connectCommands(
    { url: `redis://127.0.0.1:${proxy.port}`, name: 'tiny' },
    { onError: () => {} },
  )
  await untilReady(redis)
  service = serviceWith(createSessionGuard({ redis, now: Date.now }))
  expect(await status('/me')).toBe(200)

  proxy.set('cut')
  await until('the connection is lost', () => redis.status !== 'ready')
  const answer = await request('/me')
  expect(answer.status).toBe(503)
  expect(answer.headers.get('Retry-After')).toBe('2')
  expect(Problem.parse(await answer.json()).code).toBe('redis-unavailable')

  proxy.set('pass')
  await until('the session passes', async () => (await status('/me')) === 200)
  disconnect(redis)
  await proxy.stop()
})
