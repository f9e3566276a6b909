import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { isEnd } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { counts, misbehave, signIn, startTestStack, type TestStack } from './testing/stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack.stop())
beforeEach(() => misbehave(stack))

const create = (minute: number) => ({
  patientId: '10001',
  providerId: '101',
  locationId: '11',
  start: `2027-01-11T15:${String(minute).padStart(2, '0')}:00.000Z`,
  end: '2027-01-11T16:30:00.000Z',
})

test('a request goes the whole way and its result arrives as an event, with every step before it', async () => {
  const desk = await signIn(stack, 'front-desk')
  const steps: string[] = []
  const schedule = await desk.client.call(
    'syncSchedule',
    {},
    { onProgress: ({ status }) => steps.push(status) },
  )
  expect(schedule.appointments.length).toBeGreaterThan(20)
  expect(steps).toContain('processing')
  desk.events.close()
})

test('killing the worker with −9 in the middle of its requests loses none and writes none twice', async () => {
  const desk = await signIn(stack, 'front-desk')
  const ends = new Map<string, number>()
  desk.events.onEvent(({ stream, data }) => {
    if (stream === 'tebra:responses') ends.set(data.requestId, (ends.get(data.requestId) ?? 0) + 1)
  })
  const writesBefore = (await counts(stack)).writes.total
  await misbehave(stack, { kind: 'latency', delayMs: 600 })
  const submitted = await Promise.all([
    ...Array.from({ length: 3 }, () => desk.client.submit('getProviders', {})),
    ...Array.from({ length: 3 }, (_, minute) => desk.client.submit('createAppointment', create(minute))),
  ])
  await until(
    'a write is under way',
    async () => (await counts(stack)).byOperation.CreateAppointment !== undefined,
  )
  await stack.processes.get('tebra-proxy-worker')?.end('SIGKILL')
  await stack.restart('tebra-proxy-worker')
  await misbehave(stack)

  const records = await Promise.all(submitted.map(({ id }) => desk.recordOf(id, 30)))
  expect(records.map(({ status }) => isEnd(status))).toEqual(records.map(() => true))
  expect(records.map(({ status }) => status).filter((status) => status !== 'uncertain')).toEqual(
    records.filter(({ status }) => status !== 'uncertain').map(() => 'success'),
  )
  const { byNaturalKey } = (await counts(stack)).writes
  expect(Object.values(byNaturalKey).filter((times) => times > 1)).toEqual([])
  const succeeded = records.filter(
    ({ action, status }) => action === 'createAppointment' && status === 'success',
  )
  expect((await counts(stack)).writes.total - writesBefore).toBeGreaterThanOrEqual(succeeded.length)
  await until('every end was told', () => submitted.every(({ id }) => ends.has(id)))
  expect([...ends.values()].every((times) => times === 1)).toBe(true)
  desk.events.close()
}, 60_000)

test('killing stream-sse with −9 loses no event: the client resumes where it was', async () => {
  const desk = await signIn(stack, 'front-desk')
  const heard: string[] = []
  desk.events.onEvent(({ stream, data }) => stream === 'tebra:responses' && heard.push(data.requestId))
  const first = await desk.client.submit('getPractices', {})
  await until('the first was heard', () => heard.includes(first.id))
  await stack.processes.get('stream-sse')?.end('SIGKILL')
  const missed = await desk.client.submit('getPractices', {})
  await desk.recordOf(missed.id, 20)
  await stack.restart('stream-sse')
  await until('the missed one was heard', () => heard.includes(missed.id), 20_000)
  expect(heard).toEqual([first.id, missed.id])
  desk.events.close()
}, 60_000)

test('signing out ends the event stream and every service refuses the token', async () => {
  const desk = await signIn(stack, 'clinician')
  expect((await desk.post('/auth/logout')).status).toBe(204)
  await until('the stream has ended', () => desk.events.state.kind === 'ended')
  expect(desk.events.state).toMatchObject({ reason: 'session-ended' })
  const refused = await Promise.all([
    fetch(`${stack.baseUrl}/auth/session`, { headers: desk.headers }),
    fetch(`${stack.baseUrl}/tebra/actions`, { headers: desk.headers }),
    fetch(`${stack.baseUrl}/events`, { headers: desk.headers }),
  ])
  expect(refused.map(({ status }) => status)).toEqual([401, 401, 401])
})

test('no service asks Redis for what its ACL user may not do', async () => {
  const redis = connectCommands({ url: stack.redisUrl, name: 'test' }, { onError: () => {} })
  await untilReady(redis)
  expect(await redis.acl('LOG')).toEqual([])
  disconnect(redis)
})

test('each service documents itself as OpenAPI 3.1', async () => {
  const documents = await Promise.all(
    ['auth', 'tebra', 'events'].map(async (part) =>
      (await fetch(`${stack.baseUrl}/${part}/openapi.json`)).json(),
    ),
  )
  expect(documents.map(({ openapi }) => openapi)).toEqual(['3.1.0', '3.1.0', '3.1.0'])
})
