import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import { pageHeaders } from '#lib/http/answer-headers.ts'
import { until } from '#lib/processes/wait.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { listen, publishResponse, publishStatus, type Streams, startStreams } from './testing/stream.ts'

let redis: TestRedis
let streams: Streams
let session: TestSession

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.redis.flushall()
  streams = await startStreams(redis)
  session = await streams.signIn()
})
afterEach(() => streams.stop())

const endSession = async ({ practiceId, tokenHash }: TestSession) => {
  await redis.redis.del(sessionKeys.session(practiceId, tokenHash))
  await redis.redis.publish(channels.sessionEnded, JSON.stringify({ practiceId, tokenHash }))
}

test('an event reaches its requester, decrypted, and nobody else', async () => {
  const colleague = await streams.signIn()
  const stranger = await streams.signIn({ practiceId: 'other-clinic', userId: session.userId })
  const [mine, theirs, foreign] = await Promise.all(
    [session, colleague, stranger].map((as) => listen(streams.url, as)),
  )
  const id = await publishResponse(streams, session, { patient: 'Änne O’Hara' })
  await until('it has arrived', () => mine?.ids().includes(id) === true)
  expect(JSON.parse(mine?.named('tebra:responses')[0]?.data ?? '')).toMatchObject({
    stream: 'tebra:responses',
    data: { requestId: id, status: 'success', data: { patient: 'Änne O’Hara' } },
  })
  const later = await publishResponse(streams, colleague)
  await until('the colleague has hers', () => theirs?.ids().includes(later) === true)
  expect(theirs?.ids()).toEqual([later])
  expect(foreign?.ids()).toEqual([])
})

test('the answer is an uncached, unbuffered event stream whose first line is a cursor', async () => {
  const client = await listen(streams.url, session)
  expect(client.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8')
  expect(client.headers.get('Cache-Control')).toBe('no-cache, no-transform')
  expect(client.headers.get('X-Accel-Buffering')).toBe('no')
  expect(client.lastEventId()).toMatch(/^[0-9a-z]{8}(\.0-0){3}$/)
})

test('a client that comes back gets what it missed once, in order, then live events', async () => {
  const before = await listen(streams.url, session)
  const first = await publishResponse(streams, session)
  await until('the first has arrived', () => before.ids().length === 1)
  before.leave()
  await before.ended

  const missed = [await publishStatus(streams, session), await publishResponse(streams, session)]
  const after = await listen(streams.url, session, { lastEventId: before.lastEventId() })
  const live = await publishResponse(streams, session)
  await until('all have arrived', () => after.ids().length === 3)
  expect([first, ...after.ids()]).toEqual([first, ...missed, live])
})

test('a client that saw no event before it dropped misses nothing', async () => {
  const before = await listen(streams.url, session)
  before.leave()
  const missed = await publishResponse(streams, session)
  const after = await listen(streams.url, session, { lastEventId: before.lastEventId() })
  expect(after.ids()).toEqual([missed])
})

test('reconnecting while events flow loses and doubles none', async () => {
  const sent: string[] = []
  const got: string[] = []
  let publishing = true
  const publisher = (async () => {
    while (publishing) sent.push(await publishResponse(streams, session))
  })()
  let cursor = ''
  for (let round = 0; round < 30; round += 1) {
    const client = await listen(streams.url, session, { lastEventId: cursor })
    const heard = client.ids().length
    await until('something new', () => client.ids().length > heard)
    client.leave()
    await client.ended
    got.push(...client.ids())
    cursor = client.lastEventId()
  }
  publishing = false
  await publisher
  const last = await listen(streams.url, session, { lastEventId: cursor })
  await until('the rest', () => got.length + last.ids().length >= sent.length - sent.indexOf(got[0] ?? ''))
  got.push(...last.ids())
  expect(got).toEqual(sent.slice(sent.indexOf(got[0] ?? '')))
}, 60_000)

test.each([
  ['malformed', 'no cursor at all', 'cursor'],
  ['negative', 'aaaaaaaa.-5-0.0-0.0-0', 'cursor'],
  ['of another life of the streams', 'aaaaaaaa.1-0.1-0.1-0', 'epoch'],
])('a cursor that is %s means resync, not an error', async (_, lastEventId, reason) => {
  const client = await listen(streams.url, session, { lastEventId })
  expect(client.named('resync').map(({ data }) => JSON.parse(data))).toEqual([{ reason }])
})

test('a cursor from the future means resync', async () => {
  await publishStatus(streams, session)
  const client = await listen(streams.url, session)
  const [epoch] = client.lastEventId().split('.')
  const ahead = await listen(streams.url, session, { lastEventId: `${epoch}.zzzzzzzzz-0.0-0.0-0` })
  expect(ahead.named('resync').map(({ data }) => JSON.parse(data))).toEqual([{ reason: 'cursor' }])
})

test('a gap that trimming left is told and not passed over', async () => {
  const before = await listen(streams.url, session)
  before.leave()
  for (let count = 0; count < 5; count += 1) await publishResponse(streams, session)
  await redis.redis.xtrim(queueKeys.responses, 'MAXLEN', 2)
  const after = await listen(streams.url, session, { lastEventId: before.lastEventId() })
  expect(after.named('resync').map(({ data }) => JSON.parse(data))).toEqual([{ reason: 'trimmed' }])
})

test('a flushed Redis is noticed: listening clients are told to resync and hear what comes next', async () => {
  const client = await listen(streams.url, session)
  await publishStatus(streams, session)
  await until('one event', () => client.ids().length === 1)
  await redis.redis.del(queueKeys.status, queueKeys.responses, queueKeys.epoch)
  await until('resync', () => client.named('resync').length > 0)
  const id = await publishStatus(streams, session)
  await until('it has arrived', () => client.ids().includes(id))
})

test('a session that ends closes its streams at once, and only its own', async () => {
  const other = await streams.signIn({ userId: session.userId })
  const [client, stays] = await Promise.all([listen(streams.url, session), listen(streams.url, other)])
  // Long before the recheck of every 30 s: the message alone must do it.
  await endSession(session)
  await client.ended
  expect(client.named('bye').map(({ data }) => JSON.parse(data))).toEqual([{ code: 'session-ended' }])
  const id = await publishStatus(streams, session)
  await until('the other still hears', () => stays.ids().includes(id))
  expect(client.ids()).toEqual([])
})

test('a session that goes on under a new token asks its streams to come back', async () => {
  const client = await listen(streams.url, session)
  const { practiceId, tokenHash } = session
  await redis.redis.rename(
    sessionKeys.session(practiceId, tokenHash),
    sessionKeys.session(practiceId, '0'.repeat(64)),
  )
  await redis.redis.publish(channels.sessionEnded, JSON.stringify({ practiceId, tokenHash, rotated: true }))
  await client.ended
  expect(client.named('bye').map(({ data }) => JSON.parse(data))).toEqual([{ code: 'rotated' }])
})

test('a user who loses the permission hears no more', async () => {
  const client = await listen(streams.url, session)
  await redis.redis.hset(sessionKeys.access(session.practiceId, session.userId), 'roles', 'operator')
  const { practiceId, userId } = session
  await redis.redis.publish(channels.sessionEnded, JSON.stringify({ practiceId, userId }))
  await client.ended
  expect(client.named('bye').map(({ data }) => JSON.parse(data))).toEqual([{ code: 'forbidden' }])
})

test('nonsense on the session channel ends nobody', async () => {
  const client = await listen(streams.url, session)
  for (const text of ['{', '[]', '{"practiceId":5}']) await redis.redis.publish(channels.sessionEnded, text)
  const id = await publishStatus(streams, session)
  await until('it has arrived', () => client.ids().includes(id))
})

test('without a session 401, without the permission 403, for an unknown stream 422: before any frame', async () => {
  const nobody = await listen(streams.url, { headers: {} })
  const operator = await listen(streams.url, await streams.signIn({ roles: ['operator'] }))
  const unknown = await listen(streams.url, session, { query: '?streams=tebra:secrets' })
  expect([nobody.status, operator.status, unknown.status]).toEqual([401, 403, 422])
  const allowed = await listen(streams.url, await streams.signIn({ roles: ['operator'] }), {
    query: '?streams=tebra:status',
  })
  expect(allowed.status).toBe(200)
})

test('opens nothing to a page of another user than the session’s, nor to a first password', async () => {
  const as = (userId: string) =>
    listen(
      streams.url,
      { headers: { ...session.headers, 'X-User': userId } },
      { query: '?streams=tebra:status' },
    )
  const other = await streams.signIn()
  expect([(await as(other.userId)).status, (await as(session.userId)).status]).toEqual([401, 200])
  await redis.redis.hset(sessionKeys.session(session.practiceId, session.tokenHash), 'firstPassword', '1')
  expect((await as(session.userId)).status).toBe(403)
})

test('a subscriber to one stream gets nothing of the other', async () => {
  const client = await listen(streams.url, session, { query: '?streams=tebra:status' })
  await publishResponse(streams, session)
  const id = await publishStatus(streams, session)
  await until('it has arrived', () => client.ids().length > 0)
  expect(client.ids()).toEqual([id])
})

test('a ticket opens one stream once, and none after its session ended', async () => {
  const issue = async () => {
    const answer = await fetch(`${streams.url}/events/tickets`, { method: 'POST', headers: session.headers })
    expect(answer.status).toBe(201)
    return ((await answer.json()) as { ticket: string }).ticket
  }
  const query = `?ticket=${await issue()}`
  const nobody = { headers: {} }
  expect((await listen(streams.url, nobody, { query })).status).toBe(200)
  expect((await listen(streams.url, nobody, { query })).status).toBe(401)
  const late = `?ticket=${await issue()}`
  await endSession(session)
  expect((await listen(streams.url, nobody, { query: late })).status).toBe(401)
  expect((await listen(streams.url, nobody, { query: '?ticket=made-up' })).status).toBe(401)
})

test('keep-alive comments flow while nothing happens', async () => {
  await streams.stop()
  streams = await startStreams(redis, { KEEP_ALIVE_MS: '50' })
  session = await streams.signIn()
  const answer = await fetch(`${streams.url}/events`, { headers: session.headers })
  let text = ''
  const reader = answer.body?.getReader()
  while (!/(: keep-alive\n\n){3}$/.test(text)) text += new TextDecoder().decode((await reader?.read())?.value)
  expect(text).not.toContain('id: \n')
  await reader?.cancel()
})

test('a stream is rotated before the platform would cut it, and resumes without a gap', async () => {
  await streams.stop()
  streams = await startStreams(redis, { KEEP_ALIVE_MS: '20', ROTATE_AFTER_MS: '100' })
  session = await streams.signIn()
  const client = await listen(streams.url, session)
  await client.ended
  expect(client.named('bye').map(({ data }) => JSON.parse(data))).toEqual([{ code: 'rotated' }])
  const missed = await publishStatus(streams, session)
  expect((await listen(streams.url, session, { lastEventId: client.lastEventId() })).ids()).toEqual([missed])
})

test('on shutdown every client is told and every stream ends at once', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => listen(streams.url, session)))
  await streams.close()
  await Promise.all(clients.map(({ ended }) => ended))
  for (const client of clients)
    expect(client.named('bye').map(({ data }) => JSON.parse(data))).toEqual([{ code: 'draining' }])
  streams = await startStreams(redis)
})

test('a Redis that is killed and comes back loses no event for a client that stayed', async () => {
  const client = await listen(streams.url, session)
  const first = await publishStatus(streams, session)
  await until('the first', () => client.ids().length === 1)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await redis.crash()
  await until('ready again', async () => (await fetch(`${streams.url}/readyz`)).status === 200)
  await until('publishing works again', () =>
    publishStatus(streams, session).then(
      () => true,
      () => false,
    ),
  )
  await until('the second', () => client.ids().length >= 2)
  expect(client.ids()[0]).toBe(first)
  expect(client.named('resync')).toEqual([])
}, 40_000)

test('while Redis is away readiness says so and a new stream is answered 503', async () => {
  await redis.server().child.end('SIGKILL')
  await until('not ready', async () => (await fetch(`${streams.url}/readyz`)).status === 503)
  const refused = await listen(streams.url, session)
  expect(refused.status).toBe(503)
  await redis.crash()
  await until('ready again', async () => (await fetch(`${streams.url}/readyz`)).status === 200)
}, 40_000)

test('the console is served under a strict policy, its page fresh and its hashed files for ever', async () => {
  const get = (path: string) => fetch(`${streams.url}${path}`, { redirect: 'manual' })
  const [page, script, none, bare] = await Promise.all(
    ['/console/', '/console/main-1a2b3c.js', '/console/none.js', '/console'].map(get),
  )
  expect(page?.headers.get('Content-Security-Policy')).toContain("script-src 'self'")
  for (const [name, value] of Object.entries(pageHeaders)) expect(page?.headers.get(name)).toBe(value)
  expect(page?.headers.get('Cache-Control')).toBe('no-cache')
  expect(script?.headers.get('Cache-Control')).toContain('immutable')
  expect(bare?.headers.get('Location')).toBe('/console/')
  expect(Problem.parse(await none?.json())).toMatchObject({ code: 'not-found' })
})
