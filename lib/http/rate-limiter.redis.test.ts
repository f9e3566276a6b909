import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { until } from '#lib/processes/wait.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { openTestGround, signInTestUser, type TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createRateLimiter, type Rate, type Rates } from './rate-limiter.ts'
import { requireSession } from './require-session.ts'
import { createTinyService } from './testing/tiny-service.ts'

const plenty: Rate = { session: 1_000, user: 1_000, practice: 1_000 }
const lavish: Rates = { read: plenty, write: plenty, sensitive: plenty, stream: plenty }

let server: TestRedis
let ground: ServiceGround
beforeAll(async () => {
  server = await startTestRedis()
  ground = await openTestGround('tiny', server)
})
afterAll(async () => {
  disconnect(ground.redis)
  await server.stop()
})
beforeEach(() => server.redis.flushall())

const limiter = (rates: Partial<Rates>) =>
  createRateLimiter({ redis: ground.redis, rates: { ...lavish, ...rates } })

function serviceWith(rates: Partial<Rates>) {
  const { app } = createTinyService()
  const deps = { guard: ground.guard, origins: [], rates: limiter(rates) }
  app.on(['GET', 'POST'], '/flow', requireSession(deps), (c) => c.text('yes'))
  app.get('/users', requireSession({ ...deps, permission: 'users:manage' }), (c) => c.text('yes'))
  app.post('/keys', requireSession({ ...deps, freshMs: 60_000 }), (c) => c.text('yes'))
  return (session: TestSession, path = '/flow', method = 'GET') =>
    app.request(path, { method, headers: session.headers })
}
const signIn = (userId?: string, practiceId = 'north') =>
  signInTestUser(ground, { roles: ['admin'], practiceId, ...(userId !== undefined && { userId }) })
const statuses = async (answers: (Response | Promise<Response>)[]) =>
  (await Promise.all(answers)).map(({ status }) => status)

test('tells what is left in structured fields, and beyond the share answers 429 with when to come back', async () => {
  const ask = serviceWith({ read: { ...plenty, session: 2 } })
  const session = await signIn()
  const first = await ask(session)
  expect(first.status).toBe(200)
  expect(first.headers.get('RateLimit-Policy')).toBe('"session-read";q=2;w=60')
  expect(first.headers.get('RateLimit')).toBe('"session-read";r=1;t=30')
  await ask(session)

  const refused = await ask(session)
  expect(refused.status).toBe(429)
  expect(Problem.parse(await refused.json()).code).toBe('too-many-requests')
  expect(refused.headers.get('RateLimit')).toBe('"session-read";r=0;t=30')
  expect(refused.headers.get('Retry-After')).toBe('30')
})

test('lets pass again as soon as the told time is over, evenly and not all at once', async () => {
  // One every 10 s: the bucket is set so that the next one is due in half a second.
  const ask = serviceWith({ read: { ...plenty, session: 6 } })
  const session = await signIn()
  await server.redis.set(`{p:north}:rate:read:${session.tokenHash}`, String(Date.now() + 50_000 + 500))
  expect((await ask(session)).status).toBe(429)
  await until('one passes', async () => (await ask(session)).status === 200)
  expect((await ask(session)).status).toBe(429)
})

test('counts the sessions of one user together, and the users of one practice', async () => {
  const one = await signIn()
  const another = await signIn(one.userId)
  const colleague = await signIn()
  const askAsUser = serviceWith({ read: { ...plenty, user: 2 } })
  expect(await statuses([askAsUser(one), askAsUser(another)])).toEqual([200, 200])
  expect(await statuses([askAsUser(one), askAsUser(another), askAsUser(colleague)])).toEqual([429, 429, 200])

  await server.redis.del(...(await server.redis.keys('*:rate:*')))
  const askAsPractice = serviceWith({ read: { ...plenty, practice: 2 } })
  expect(await statuses([askAsPractice(one), askAsPractice(colleague)])).toEqual([200, 200])
  expect((await askAsPractice(one)).headers.get('RateLimit-Policy')).toBe('"practice-read";q=2;w=60')
  const elsewhere = await signIn(undefined, 'south')
  expect((await askAsPractice(elsewhere)).status).toBe(200)
})

test('keeps reading, writing and what is sensitive apart, by method, permission and proof', async () => {
  const one = { ...plenty, session: 1 }
  const ask = serviceWith({ read: one, write: one, sensitive: one })
  const session = await signIn()
  const policies = []
  for (const [path, method] of [
    ['/flow', 'GET'],
    ['/flow', 'POST'],
    ['/users', 'GET'],
  ] as const)
    policies.push((await ask(session, path, method)).headers.get('RateLimit-Policy')?.split(';')[0])
  expect(policies).toEqual(['"session-read"', '"session-write"', '"session-sensitive"'])
  expect((await ask(session, '/keys', 'POST')).status).toBe(429)
})

test('takes nothing for a refused request, not from the other buckets either', async () => {
  const rates = limiter({ read: { session: 1, user: 2, practice: 1_000 } })
  const caller = { practiceId: 'north', userId: 'u', tokenHash: 'a' }
  await rates.admit(caller, 'read')
  for (let n = 0; n < 5; n += 1)
    await expect(rates.admit(caller, 'read')).rejects.toMatchObject({ code: 'too-many-requests' })
  await rates.admit({ ...caller, tokenHash: 'b' }, 'read')
})

test('takes nothing for a session that is not good, or is another user’s', async () => {
  const ask = serviceWith({})
  const session = await signIn()
  expect((await ask({ ...session, headers: { ...session.headers, 'X-User': 'another' } })).status).toBe(401)
  await server.redis.incr('{p:north}:epoch')
  expect((await ask(session)).status).toBe(401)
  expect(
    (await ask({ ...session, headers: { Authorization: `Bearer north.${'A'.repeat(43)}` } })).status,
  ).toBe(401)
  expect(await server.redis.keys('*:rate:*')).toEqual([])
})

test('counts a request with its check and one without it in the same buckets', async () => {
  const session = await signIn()
  const rates = { read: { ...plenty, user: 2 } }
  await serviceWith(rates)(session)
  await limiter(rates).admit(session, 'read')
  expect((await serviceWith(rates)(session)).status).toBe(429)
})

test('gives exactly its quota to many who ask at once, on several connections', async () => {
  const others = await Promise.all([1, 2, 3].map(() => openTestGround('tiny', server)))
  const caller = { practiceId: 'north', userId: 'u', tokenHash: 'a' }
  const answers = await Promise.allSettled(
    Array.from({ length: 60 }, (_, n) =>
      createRateLimiter({
        redis: others[n % 3]?.redis ?? ground.redis,
        rates: { ...lavish, write: { ...plenty, user: 10 } },
      }).admit(caller, 'write'),
    ),
  )
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  for (const other of others) disconnect(other.redis)
})

test('names no user’s token, and leaves nothing behind after the window', async () => {
  const session = await signIn()
  await serviceWith({})(session)
  const keys = await server.redis.keys('*:rate:*')
  expect(keys).toHaveLength(3)
  for (const key of keys) {
    expect(key).not.toContain(session.token)
    expect(await server.redis.pttl(key)).toBeGreaterThan(0)
    expect(await server.redis.pttl(key)).toBeLessThanOrEqual(60_000)
  }
})

test('a refused permission counts too, so that nobody tries doors without end', async () => {
  const ask = serviceWith({ sensitive: { ...plenty, session: 1 } })
  const session = await signInTestUser(ground, { roles: ['clinician'], practiceId: 'north' })
  expect((await ask(session, '/users')).status).toBe(403)
  expect((await ask(session, '/users')).status).toBe(429)
})

test('answers 503, closed, while Redis does not take the count', async () => {
  const ask = serviceWith({})
  const session = await signIn()
  await server.redis.config('SET', 'min-replicas-to-write', '1')
  try {
    expect((await ask(session)).status).toBe(503)
  } finally {
    await server.redis.config('SET', 'min-replicas-to-write', '0')
  }
  expect((await ask(session)).status).toBe(200)
})
