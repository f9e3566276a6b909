import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EventEnvelope } from '#lib/contract/events.ts'
import type { Role } from '#lib/contract/permissions.ts'
import { Problem } from '#lib/contract/problem.ts'
import { documentFaults } from '#lib/http/testing/document-faults.ts'
import { until } from '#lib/processes/wait.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Listening, listen, publish, type Streams, startStreams } from './testing/stream.ts'

let redis: TestRedis
let streams: Streams
let program: TestSession
let desk: TestSession
beforeAll(async () => {
  redis = await startTestRedis()
  streams = await startStreams(redis)
})
afterAll(async () => {
  await streams.stop()
  await redis.stop()
})
let practice = 0
const signIn = (...roles: Role[]) => streams.signIn({ practiceId: `clinic-${practice}`, roles })
beforeEach(async () => {
  practice += 1
  program = await signIn('operator')
  desk = await signIn('front-desk')
})

const post = (as: TestSession, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${streams.url}/events/publish`, {
    method: 'POST',
    headers: { ...as.headers, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const done = (more: object = {}) => ({
  stream: 'agent_tasks',
  event: 'task.done',
  data: { task: 7 },
  ...more,
})
const heard = (client: Listening, stream: string) =>
  client.named(stream).map(({ data }) => EventEnvelope.parse(JSON.parse(data)))
const code = async (answer: Response) => Problem.parse(await answer.json()).code

test('what a program publishes reaches those of its practice who listen to the stream, and nobody else', async () => {
  const neighbour = await streams.signIn({ practiceId: 'other-clinic', roles: ['operator'] })
  const query = '?streams=agent_tasks,agent_updates'
  const [colleague, foreign, elsewhere] = await Promise.all([
    listen(streams.url, await signIn('operator'), { query }),
    listen(streams.url, neighbour, { query }),
    listen(streams.url, program, { query: '?streams=agent_updates' }),
  ])
  const answer = await post(program, done({ key: 'task:7' }))
  expect(answer.status).toBe(201)
  const { id } = (await answer.json()) as { id: string }
  await until('it has come', () => colleague.named('agent_tasks').length === 1)
  expect(heard(colleague, 'agent_tasks')).toEqual([
    {
      stream: 'agent_tasks',
      id,
      data: { event: 'task.done', key: 'task:7', timestamp: expect.any(String), data: { task: 7 } },
    },
  ])
  const later = await publish(streams, neighbour)
  await until('the neighbour has hers', () => foreign.named('agent_updates').length === 1)
  expect(heard(foreign, 'agent_updates').map((event) => event.id)).toEqual([later])
  expect([foreign.named('agent_tasks'), elsewhere.named('agent_tasks')]).toEqual([[], []])
})

test.each(['agent_updates', 'agent_tasks', 'standup:2026-12-31', 'ehr_sync:requests', 'ehr_sync:responses'])(
  'a program publishes to %s and hears it back',
  async (stream) => {
    const both = await signIn('operator', 'front-desk')
    const client = await listen(streams.url, both, { query: `?streams=${stream}` })
    expect((await post(both, done({ stream }))).status).toBe(201)
    await until('it has come', () => client.named(stream).length === 1)
  },
)

test.each([
  'tebra:responses',
  'patients:board',
  'session:notices',
  'ops:alerts',
  'standup:2026-02-31',
  'events:x',
])('nobody publishes to %s from outside', async (stream) => {
  const answer = await post(program, done({ stream }))
  expect([answer.status, await code(answer)]).toEqual([422, 'invalid-request'])
})

test('the document serves who makes a client from it, and knows each stream and each kind of event', async () => {
  const document = (await (await fetch(`${streams.url}/events/openapi.json`)).json()) as {
    components: { schemas: Record<string, object> }
    paths: Record<string, { get: { parameters: { name: string; schema: { pattern?: string } }[] } }>
  }
  expect(documentFaults(document)).toEqual([])
  expect(document.components.schemas).toMatchObject({
    EventEnvelope: { anyOf: expect.any(Array) },
    ReadyFrame: { type: 'object' },
  })
  const list = document.paths['/events']?.get.parameters.find(({ name }) => name === 'streams')
  const takes = (given: string) => new RegExp(list?.schema.pattern ?? '', 'u').test(given)
  expect(takes('tebra:status,standup:2028-02-29,standup:2026-12-31')).toBe(true)
  for (const wrong of ['standup:2026-02-29', 'standup:2026-11-31', 'tebra:status,', 'other'])
    expect(takes(wrong)).toBe(false)
})

test('publishing needs a session, the permission, JSON of bounded size, and an event that is an object', async () => {
  expect((await fetch(`${streams.url}/events/publish`, { method: 'POST' })).status).toBe(401)
  expect((await post(desk, done())).status).toBe(403)
  expect((await post(program, done({ data: { big: 'x'.repeat(20_000) } }))).status).toBe(413)
  for (const wrong of [
    { data: [] },
    { data: 'text' },
    { event: 'Mrs Miller' },
    { key: 'Mrs Miller' },
    { x: 1 },
  ])
    expect((await post(program, done(wrong))).status).toBe(422)
  expect(await redis.redis.exists(queueKeys.practiceEvents(program.practiceId))).toBe(0)
})

test('each stream is for those who may: the desk hears no operators’ streams, an operator no patients’ data', async () => {
  const status = async (as: TestSession, stream: string) =>
    (await listen(streams.url, as, { query: `?streams=${stream}` })).status
  const auditor = await signIn('auditor')
  for (const stream of ['agent_updates', 'agent_tasks', 'standup:2026-11-21', 'ops:alerts'])
    expect([stream, await status(desk, stream), await status(program, stream)]).toEqual([stream, 403, 200])
  for (const stream of ['ehr_sync:requests', 'ehr_sync:responses', 'patients:board', 'tebra:responses'])
    expect([stream, await status(desk, stream), await status(program, stream)]).toEqual([stream, 200, 403])
  expect(await status(auditor, 'ops:alerts')).toBe(200)
  expect(await status(auditor, 'agent_updates')).toBe(403)
})

test('a role that grants a stream only with a second factor asks for it', async () => {
  const weak = await streams.signIn({ roles: ['operator'], aal: 'aal1' })
  const answer = await fetch(`${streams.url}/events?streams=ops:alerts`, { headers: weak.headers })
  expect(Problem.parse(await answer.json())).toMatchObject({
    code: 'step-up-required',
    needs: { aal: 'aal2' },
  })
})

test('under one idempotency key there is one event, and another one is refused', async () => {
  const client = await listen(streams.url, program, { query: '?streams=agent_tasks' })
  const key = { 'Idempotency-Key': 'task-7-done' }
  const answers = await Promise.all([1, 2, 3].map(() => post(program, done(), key)))
  const ids = await Promise.all(answers.map(async (one) => ((await one.json()) as { id: string }).id))
  expect(new Set(ids).size).toBe(1)
  const other = await post(program, done({ data: { task: 8 } }), key)
  expect([other.status, await code(other)]).toEqual([409, 'idempotency-conflict'])
  const stranger = await signIn('operator')
  expect((await post(stranger, done({ data: { task: 8 } }), key)).status).toBe(201)
  await until('both have come', () => client.named('agent_tasks').length === 2)
})

test('an event for one user reaches her sessions and no colleague', async () => {
  const query = '?streams=session:notices'
  const colleague = await signIn('front-desk')
  const [mine, theirs] = await Promise.all([desk, colleague].map((as) => listen(streams.url, as, { query })))
  await publish(streams, desk, { stream: 'session:notices', userId: desk.userId, event: 'new-device' })
  await publish(streams, desk, { stream: 'session:notices', userId: colleague.userId, event: 'other' })
  await until('each has one', () => mine?.named('session:notices').length === 1)
  await until('each has one', () => theirs?.named('session:notices').length === 1)
  expect(mine?.named('session:notices')[0]?.data).toContain('new-device')
  const missed = await listen(streams.url, colleague, { query: `${query}&from=beginning` })
  expect(missed.named('session:notices').map(({ data }) => JSON.parse(data).data.event)).toEqual(['other'])
})

test('nothing of what is published stands readable in Redis', async () => {
  await post(program, done({ data: { patient: 'Quillonette' } }), { 'Idempotency-Key': 'Quillonette-key' })
  const entries = JSON.stringify([
    await redis.redis.xrange(queueKeys.events, '-', '+'),
    await redis.redis.xrange(queueKeys.practiceEvents(program.practiceId), '-', '+'),
    await redis.redis.keys('*'),
  ])
  expect(entries).toContain('task.done')
  expect(entries).not.toContain('Quillonette')
})

test('an entry that was copied into another practice’s events is told to nobody', async () => {
  const neighbour = await streams.signIn({ practiceId: 'other-clinic', roles: ['operator'] })
  const client = await listen(streams.url, neighbour, { query: '?streams=agent_tasks' })
  await post(program, done())
  const [entry] = await redis.redis.xrange(queueKeys.practiceEvents(program.practiceId), '-', '+')
  const copied = (entry?.[1] ?? []).map((text) => (text === program.practiceId ? 'other-clinic' : text))
  await redis.redis.xadd(queueKeys.events, '*', ...copied)
  const own = await publish(streams, neighbour, { stream: 'agent_tasks' })
  await until('the own one has come', () => client.named('agent_tasks').length > 0)
  expect(heard(client, 'agent_tasks').map(({ id }) => id)).toEqual([own])
})

test('the tail begins where it is asked to: now, at a time, or with all that is kept', async () => {
  const query = '?streams=agent_updates'
  const numbers = (client: Listening) =>
    client.named('agent_updates').map(({ data }) => JSON.parse(data).data.data.n)
  for (const n of [1, 2]) await publish(streams, program, { data: { n } })
  await new Promise((resolve) => setTimeout(resolve, 5))
  const since = encodeURIComponent(new Date().toISOString())
  await publish(streams, program, { data: { n: 3 } })
  expect(numbers(await listen(streams.url, program, { query }))).toEqual([])
  expect(numbers(await listen(streams.url, program, { query: `${query}&from=beginning` }))).toEqual([1, 2, 3])
  const later = await listen(streams.url, program, { query: `${query}&from=${since}` })
  expect(numbers(later)).toEqual([3])
  const back = await listen(streams.url, program, {
    query: `${query}&from=beginning`,
    lastEventId: later.lastEventId(),
  })
  expect([numbers(back), back.named('resync')]).toEqual([[], []])
  const ahead = encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString())
  expect(numbers(await listen(streams.url, program, { query: `${query}&from=${ahead}` }))).toEqual([])
  expect((await listen(streams.url, program, { query: `${query}&from=yesterday` })).status).toBe(422)
})

test('history from the beginning starts with what trimming has left, and says nothing of a gap', async () => {
  for (let n = 0; n < 5; n += 1) await publish(streams, program)
  await redis.redis.xtrim(queueKeys.practiceEvents(program.practiceId), 'MAXLEN', 2)
  const client = await listen(streams.url, program, { query: '?streams=agent_updates&from=beginning' })
  expect([client.named('agent_updates').length, client.named('resync')]).toEqual([2, []])
})

test('both streams are bounded, and one practice’s flood takes nothing of another’s history', async () => {
  const neighbour = await streams.signIn({ practiceId: 'quiet-clinic', roles: ['operator'] })
  const quiet = await publish(streams, neighbour)
  for (let round = 0; round < 105; round += 1)
    await Promise.all(Array.from({ length: 100 }, () => publish(streams, program)))
  const lengths = await Promise.all(
    [queueKeys.events, queueKeys.practiceEvents(program.practiceId)].map((key) => redis.redis.xlen(key)),
  )
  for (const length of lengths) expect(length).toBeLessThan(10_500)
  expect(await redis.redis.pttl(queueKeys.practiceEvents(program.practiceId))).toBeGreaterThan(0)
  const client = await listen(streams.url, neighbour, { query: '?streams=agent_updates&from=beginning' })
  expect(heard(client, 'agent_updates').map(({ id }) => id)).toEqual([quiet])
}, 60_000)

test('a history that runs ahead of a lost stream gives way, and publishing goes on', async () => {
  const keys = [queueKeys.events, queueKeys.practiceEvents(program.practiceId)] as const
  await redis.redis.xadd(keys[1], '9999999999999-0', 'stream', 'agent_updates')
  const id = await publish(streams, program)
  expect((await redis.redis.xrange(keys[1], '-', '+')).map(([one]) => one)).toEqual([id])
})

test('opening a stream and publishing stand in the audit log', async () => {
  await post(program, done())
  const log = await redis.redis.xrange(`{audit:${program.practiceId}}:log`, '-', '+')
  const events = log.map(([, fields]) => fields[fields.indexOf('event') + 1] ?? '')
  expect(events.some((text) => text.includes('"event.publish"') && text.includes('Stream/agent_tasks'))).toBe(
    true,
  )
})
