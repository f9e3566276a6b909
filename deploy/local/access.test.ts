import { afterAll, beforeAll, expect, test } from 'vitest'
import { RenewedSession } from '#lib/contract/second-factors.ts'
import { type RoleTableView, ServiceAccountSecret, type UserAccount } from '#lib/contract/users.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { signIn } from '../../loadtest/sign-in.ts'
import { listen, startTestStack, type TestStack } from './testing/stack.ts'

/** So few a minute that none comes back while a test runs. */
const reads = 8
const openings = 6

let stack: TestStack
let admin: ReturnType<typeof caller>
beforeAll(async () => {
  stack = await startTestStack({
    ROLE: 'intake',
    RATE_READ: `100000/${reads}/100000`,
    RATE_STREAM: `100000/${openings}/100000`,
  })
  const boss = stack.users.find(({ roles }) => roles.includes('admin'))
  if (!boss) throw new Error('no admin')
  admin = caller(await signIn(stack.baseUrl, boss))
})
afterAll(() => stack.stop())

const caller = (token: string) => {
  const headers = { Authorization: `Bearer ${token}` }
  return {
    headers,
    ask: (method: string, path: string, body?: unknown) =>
      fetch(`${stack.baseUrl}${path}`, {
        method,
        headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

let people = 0
/** A new colleague at the front desk, who has signed in by a first password. */
async function newcomer() {
  people += 1
  const email = `colleague${people}@demo.example`
  const first = `a good long one ${people}`
  const made = await admin.ask('POST', '/auth/users', { email, password: first, roles: ['front-desk'] })
  const user = (await made.json()) as UserAccount
  const who = { email, password: first, practiceId: '', roles: [] }
  return { user, email, first, ...caller(await signIn(stack.baseUrl, who)) }
}

/** Who has chosen a password of their own, and listens. */
async function settled({ user, email, first, ask: askFirst }: Awaited<ReturnType<typeof newcomer>>) {
  const password = `better than ${first}`
  const changed = await askFirst('POST', '/auth/password', { current: first, next: password })
  const { token = '' } = RenewedSession.parse(await changed.json())
  const { headers, ask } = caller(token)
  return { user, ask, events: await listen(stack, headers), email, password }
}
const colleague = async () => settled(await newcomer())
type Colleague = Awaited<ReturnType<typeof colleague>>

/** What each of the three services answers to something that reading patients permits. */
async function answersTo({ ask }: Pick<Colleague, 'ask'>) {
  const [session, request, stream] = await Promise.all([
    ask('GET', '/auth/session'),
    ask('POST', '/tebra/requests', { action: 'getPatient', params: { patientId: '10001' } }),
    ask('GET', '/events?streams=tebra:responses'),
  ])
  await stream.body?.cancel()
  const { permissions = [] } = (await session.json()) as { permissions?: string[] }
  return {
    'auth-session': session.status === 200 ? permissions.includes('patients:read') : session.status,
    'tebra-proxy-worker': request.status,
    'stream-sse': stream.status,
  }
}
const allowed = { 'auth-session': true, 'tebra-proxy-worker': 202, 'stream-sse': 200 }
const forbidden = { 'auth-session': false, 'tebra-proxy-worker': 403, 'stream-sse': 403 }
const out = { 'auth-session': 401, 'tebra-proxy-worker': 401, 'stream-sse': 401 }

const streamEnds = async ({ events }: Pick<Colleague, 'events'>, reason: string) => {
  await until('the open stream has ended', () => events.state.kind === 'ended', 5_000)
  expect(events.state).toMatchObject({ reason })
}

test('who signed in by a first password does nothing in any service until it is changed', async () => {
  const desk = await newcomer()
  expect(await answersTo(desk)).toEqual(forbidden)
  // Nor what needs no permission: to hear one's own notices, or to see one's own requests.
  for (const path of ['/events?streams=session:notices', '/tebra/requests'])
    expect((await (await desk.ask('GET', path)).json()) as object).toMatchObject({
      code: 'password-change-required',
    })
  expect((await desk.ask('POST', '/events/tickets')).status).toBe(403)
  expect(await answersTo(await settled(desk))).toEqual(allowed)
})

test('a change of roles is in force with the next request to each service, and ends what an open stream may not show', async () => {
  const desk = await colleague()
  expect(await answersTo(desk)).toEqual(allowed)
  const setRoles = (roles: string[], expectedVersion: number) =>
    admin.ask('PATCH', `/auth/users/${desk.user.id}`, { roles, expectedVersion })
  expect((await setRoles(['auditor'], 1)).status).toBe(200)
  expect(await answersTo(desk)).toEqual(forbidden)
  await streamEnds(desk, 'forbidden')
  expect((await setRoles(['clinician'], 2)).status).toBe(200)
  expect(await answersTo(desk)).toEqual(allowed)
})

test('a change of the role table is in force with the next request to each service, and ends open streams', async () => {
  const desk = await colleague()
  expect(await answersTo(desk)).toEqual(allowed)
  const { roles, version } = (await (await admin.ask('GET', '/auth/roles')).json()) as RoleTableView
  const replace = (table: object, expectedVersion: number) =>
    admin.ask('PUT', '/auth/roles', { roles: table, expectedVersion })
  expect((await replace({ ...roles, 'front-desk': ['flow:write'] }, version)).status).toBe(200)
  expect(await answersTo(desk)).toEqual(forbidden)
  await streamEnds(desk, 'forbidden')
  expect((await replace(roles, version + 1)).status).toBe(200)
  expect(await answersTo(desk)).toEqual(allowed)
})

test('whoever is disabled is refused by each service with the next request, and hears no more', async () => {
  const desk = await colleague()
  expect(await answersTo(desk)).toEqual(allowed)
  expect((await admin.ask('POST', `/auth/users/${desk.user.id}/disable`)).status).toBe(200)
  expect(await answersTo(desk)).toEqual(out)
  await streamEnds(desk, 'session-ended')
  expect((await admin.ask('POST', `/auth/users/${desk.user.id}/enable`)).status).toBe(200)
  expect(await answersTo(desk)).toEqual(out)
})

test('whoever leaves is refused by each service with the next request, and hears no more', async () => {
  const desk = await colleague()
  expect((await admin.ask('DELETE', `/auth/users/${desk.user.id}`)).status).toBe(204)
  expect(await answersTo(desk)).toEqual(out)
  await streamEnds(desk, 'session-ended')
  await expect(
    signIn(stack.baseUrl, { email: desk.email, password: desk.password, practiceId: '', roles: [] }),
  ).rejects.toThrow('401')
})

test('a program signs in with its id and secret, acts in each service, and loses all of it with its account', async () => {
  const made = await admin.ask('POST', '/auth/service-accounts', { name: 'kiosk', roles: ['front-desk'] })
  const { account, clientSecret } = ServiceAccountSecret.parse(await made.json())
  const answer = await fetch(`${stack.baseUrl}/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: account.clientId,
      client_secret: clientSecret,
    }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const { headers, ask } = caller(token)
  const program = { ask, events: await listen(stack, headers) }
  expect(await answersTo(program)).toEqual(allowed)
  expect((await admin.ask('DELETE', `/auth/service-accounts/${account.id}`)).status).toBe(204)
  expect(await answersTo(program)).toEqual(out)
  await streamEnds(program, 'session-ended')
})

test('a user’s share of requests is one share over all services', async () => {
  const desk = await colleague()
  desk.events.close()
  const answers = await Promise.all(
    Array.from({ length: reads }, (_, n) =>
      desk.ask('GET', n % 2 === 0 ? '/auth/session' : '/tebra/actions'),
    ),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const refused = await Promise.all([desk.ask('GET', '/auth/session'), desk.ask('GET', '/tebra/actions')])
  for (const answer of refused) {
    expect(answer.status).toBe(429)
    expect(answer.headers.get('RateLimit-Policy')).toBe(`"user-read";q=${reads};w=60`)
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
  }

  const open = () => desk.ask('GET', '/events')
  const streams = [await open()]
  expect(streams[0]?.headers.get('RateLimit-Policy')).toBe(`"user-stream";q=${openings};w=60`)
  while (streams.length < openings) streams.push(await open())
  const statuses = streams.map(({ status }) => status)
  // One opening was the colleague's own.
  expect(statuses).toEqual([...Array.from({ length: openings - 1 }, () => 200), 429])
  await Promise.all(streams.map(({ body }) => body?.cancel()))
})

test('no service asks Redis for what its ACL user may not do', async () => {
  const redis = connectCommands({ url: stack.redisUrl, name: 'test' }, { onError: () => {} })
  await untilReady(redis)
  expect(await redis.acl('LOG')).toEqual([])
  disconnect(redis)
})
