import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { actions } from '#lib/contract/actions.ts'
import { EventConnection } from './event-connection.ts'
import type { Progress } from './request-end.ts'
import { TebraCallError } from './tebra-call-error.ts'
import { type CallOptions, TebraClient, type TebraClientOptions } from './tebra-client.ts'
import {
  acceptedAnswer,
  aRecord,
  aRequestId,
  type FakeServices,
  lostAnswer,
  problemAnswer,
  responseFrame,
  startEnvironment,
  startFakeServices,
  statusFrame,
} from './testing/fake-services.ts'

const providers = [{ id: '7', fullName: 'Dr. Ada Quist', active: true }]
let services: FakeServices
let environment: ReturnType<typeof startEnvironment>
let connection: EventConnection

beforeEach(() => {
  services = startFakeServices()
  environment = startEnvironment()
  const url = `${services.url}/events`
  const backOff = { baseMs: 20, capMs: 200 }
  connection = new EventConnection({
    streams: ['tebra:status', 'tebra:responses'],
    url,
    environment,
    backOff,
  })
})
afterEach(async () => {
  connection.close()
  await services.stop()
})

const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 3000, interval: 5 })
const last = <T>(all: readonly T[]): T => {
  const found = all.at(-1)
  if (found === undefined) throw new Error('nothing there yet')
  return found
}
const client = (options: Partial<TebraClientOptions> = {}) =>
  new TebraClient({ events: connection, baseUrl: services.url, environment, ...options })

function callProviders(options: CallOptions = {}, clientOptions: Partial<TebraClientOptions> = {}) {
  connection.open()
  const steps: Progress[] = []
  const onProgress = (progress: Progress) => steps.push(progress)
  const result = client(clientOptions).call('getProviders', {}, { onProgress, ...options })
  return { result, steps }
}
const failure = (result: Promise<unknown>): Promise<TebraCallError> =>
  result.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error) => (error instanceof TebraCallError ? error : Promise.reject(error)),
  )

test('returns the result the response event brings, after its steps', async () => {
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  const { correlationId } = last(services.submissions)
  const stream = last(services.streams)
  stream.send(statusFrame(correlationId, 'pending', '1-0'))
  stream.send(statusFrame(correlationId, 'processing', '2-0'))
  stream.send(statusFrame('0199c1f0-0000-7000-8000-0000000000ff', 'dead', '3-0'))
  stream.send(statusFrame(correlationId, 'retrying', '4-0'))
  stream.send(statusFrame(correlationId, 'processing', '5-0', 2))
  stream.send(responseFrame(correlationId, { data: providers }, '6-0'))
  expect(await result).toEqual(providers)
  expect(steps.map((step) => step.status)).toEqual(['pending', 'processing', 'retrying', 'processing'])
  expect(services.reads).toHaveLength(0)
})

test('does not submit before the stream is ready, so that the first steps are heard', async () => {
  services.on.stream = () => undefined
  const { result } = callProviders()
  await until(() => connection.state.kind === 'open')
  await Bun.sleep(50)
  expect(services.submissions).toHaveLength(0)
  services.on.submit = ({ correlationId }) => {
    last(services.streams).send(responseFrame(correlationId, { data: [] }))
    return acceptedAnswer(correlationId)
  }
  last(services.streams).send('event: ready\ndata: {"streams":[]}\n\n')
  expect(await result).toEqual([])
})

test('takes a response that arrives before the 202', async () => {
  services.on.submit = async ({ correlationId }) => {
    last(services.streams).send(responseFrame(correlationId, { data: providers }))
    await Bun.sleep(200)
    return acceptedAnswer(correlationId)
  }
  const startedAt = Date.now()
  expect(await callProviders().result).toEqual(providers)
  expect(Date.now() - startedAt).toBeLessThan(180)
})

test('submits again under the same key when the 202 is lost, and with the same body', async () => {
  services.on.submit = ({ correlationId }) => {
    if (services.submissions.length === 1) return lostAnswer()
    last(services.streams).send(responseFrame(correlationId, { data: providers }))
    return acceptedAnswer(correlationId)
  }
  expect(await callProviders().result).toEqual(providers)
  expect(services.submissions).toHaveLength(2)
  const [first, second] = services.submissions
  expect(first?.key).toBeTruthy()
  expect(second).toMatchObject({ key: first?.key, correlationId: first?.correlationId })
})

/** Within this even a starved machine answers a call of its own. */
const answeredMs = 1_500

test('submits again when no answer comes at all', async () => {
  services.on.submit = async ({ correlationId }) => {
    if (services.submissions.length === 1) await new Promise(() => {})
    return acceptedAnswer(correlationId)
  }
  const answer = await client({ submitPolicy: { tryTimeoutMs: answeredMs } }).submit('getProviders', {})
  expect(answer.id).toBe(aRequestId)
  expect(services.submissions).toHaveLength(2)
})

test('submits again through a 503, and gives up after a few tries saying that it may be tried again', async () => {
  services.on.submit = () => problemAnswer('queue-full')
  const error = await failure(client({ submitPolicy: { triesMax: 3 } }).submit('getProviders', {}))
  expect(error).toMatchObject({ code: 'queue-full', retryable: true, httpStatus: 503 })
  expect(services.submissions).toHaveLength(3)
  expect(new Set(services.submissions.map((submission) => submission.key)).size).toBe(1)
})

test('does not wait out a pause longer than a person would', async () => {
  services.on.submit = () => problemAnswer('redis-unavailable', {}, { 'retry-after': '120' })
  expect(await failure(client().submit('getProviders', {}))).toMatchObject({ code: 'redis-unavailable' })
  expect(services.submissions).toHaveLength(1)
})

test.each([
  ['invalid-request', 422],
  ['forbidden', 403],
  ['unauthenticated', 401],
] as const)('takes a refusal %s as final', async (code, httpStatus) => {
  services.on.submit = () => problemAnswer(code)
  const error = await failure(callProviders().result)
  expect(error).toMatchObject({ code, httpStatus, retryable: false, requestId: undefined })
  expect(services.submissions).toHaveLength(1)
})

test('throws the error the request ended with', async () => {
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  const error = { code: 'upstream-fault', message: 'Tebra refused', retryable: true }
  last(services.streams).send(
    responseFrame(last(services.submissions).correlationId, { status: 'dead', error }),
  )
  expect(await failure(result)).toMatchObject({ ...error, status: 'dead', requestId: aRequestId })
})

test('names an end without an error by its status', async () => {
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  last(services.streams).send(
    responseFrame(last(services.submissions).correlationId, { status: 'cancelled' }),
  )
  expect(await failure(result)).toMatchObject({ code: 'cancelled', retryable: false, status: 'cancelled' })
})

test('reads the record when a response leaves its data to it', async () => {
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers }))
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  last(services.streams).send(responseFrame(last(services.submissions).correlationId, {}))
  expect(await result).toEqual(providers)
})

test('asks the record before it calls a time-out, and returns what it says', async () => {
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers }))
  expect(await callProviders({ timeoutMs: answeredMs }).result).toEqual(providers)
  expect(services.reads).toHaveLength(1)
})

test('throws a time-out with the request it waited for when the record has no end either', async () => {
  const error = await failure(callProviders({ timeoutMs: answeredMs }).result)
  const expected = { code: 'timeout', requestId: aRequestId, status: 'processing', retryable: false }
  expect(error).toMatchObject(expected)
})

test('throws a time-out when the record cannot be read', async () => {
  services.on.read = () => problemAnswer('redis-unavailable')
  expect(await failure(callProviders({ timeoutMs: answeredMs }).result)).toMatchObject({ code: 'timeout' })
})

test('throws a time-out without a request when the submission was never answered', async () => {
  services.on.submit = () => Bun.sleep(2000).then(() => acceptedAnswer(aRequestId))
  const error = await failure(callProviders({ timeoutMs: 200 }).result)
  expect(error).toMatchObject({ code: 'timeout', requestId: undefined })
})

test('reads the record after a resync, as the response may have been in the gap', async () => {
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers }))
  last(services.streams).send('event: resync\ndata: {"reason":"trimmed"}\n\n')
  expect(await result).toEqual(providers)
})

test('reads the record when the stream drops and returns the end it missed', async () => {
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  const timeline = [
    { status: 'pending', at: '2026-11-20T15:04:05.123Z' },
    { status: 'processing', at: '2026-11-20T15:04:05.200Z', attempt: 1 },
  ] as const
  services.on.read = () =>
    Response.json(aRecord({ status: 'success', data: providers, timeline: [...timeline] }))
  last(services.streams).cut()
  expect(await result).toEqual(providers)
  expect(steps.map((step) => step.status)).toEqual(['pending', 'processing'])
})

test('without a stream at all, waits on the record by long polls and survives their failures', async () => {
  services.refusals.push(() => new Response(null, { status: 204 }))
  services.on.read = async (url) => {
    expect(url.searchParams.get('wait')).toBe('10')
    if (services.reads.length === 1) return problemAnswer('redis-unavailable')
    if (services.reads.length === 2) return Response.json(aRecord({}))
    return Response.json(aRecord({ status: 'success', data: providers }))
  }
  expect(await callProviders().result).toEqual(providers)
  expect(services.reads).toHaveLength(3)
})

test('ends with the refusal when the record is not to be read any more', async () => {
  const { result, steps } = callProviders()
  await until(() => steps.length === 1)
  services.on.read = () => problemAnswer('unauthenticated')
  services.refusals.push(() => new Response(null, { status: 401 }))
  last(services.streams).send('event: bye\ndata: {"code":"session-ended"}\n\n')
  expect(await failure(result)).toMatchObject({
    code: 'unauthenticated',
    httpStatus: 401,
    requestId: aRequestId,
  })
})

test('an abort ends the waiting with its own reason, and leaves no listener behind', async () => {
  const stop = new AbortController()
  const { result, steps } = callProviders({ signal: stop.signal })
  await until(() => steps.length === 1)
  stop.abort(new Error('left the page'))
  await expect(result).rejects.toThrow('left the page')
  await expect(client().call('getProviders', {}, { signal: stop.signal })).rejects.toThrow('left the page')
  await expect(client().submit('getProviders', {}, { signal: stop.signal })).rejects.toThrow('left the page')
  expect(services.submissions).toHaveLength(1)
})

test('an abort between two tries of a submission stops them', async () => {
  services.on.submit = () => problemAnswer('queue-full', {}, { 'retry-after': '5' })
  const stop = new AbortController()
  const submitted = client().submit('getProviders', {}, { signal: stop.signal })
  await until(() => services.submissions.length === 1)
  await Bun.sleep(30)
  stop.abort(new Error('enough'))
  await expect(submitted).rejects.toThrow('enough')
})

test('one key always makes one body, so that asking again is no conflict', async () => {
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers }))
  for (const idempotencyKey of ['visit-4711', aRequestId.toUpperCase()]) {
    for (const _ of [1, 2]) expect(await callProviders({ idempotencyKey }).result).toEqual(providers)
  }
  const [a, b, c, d] = services.submissions.map((submission) => submission.correlationId)
  expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect([b, c, d]).toEqual([a, aRequestId, aRequestId])
})

test('checks results where a check is given, and says which request broke the promise', async () => {
  const parseResult: TebraClientOptions['parseResult'] = (action, data) => actions[action].result.parse(data)
  services.on.submit = ({ correlationId }) => {
    const data = services.submissions.length === 1 ? providers : [{ id: 'x' }]
    last(services.streams).send(responseFrame(correlationId, { data }, `${services.submissions.length}-0`))
    return acceptedAnswer(correlationId)
  }
  expect(await callProviders({}, { parseResult }).result).toEqual(providers)
  const error = await failure(callProviders({}, { parseResult }).result)
  expect(error).toMatchObject({ code: 'invalid-result', requestId: aRequestId, status: 'success' })
})

test('reads a record by its id and names a failure as a call’s', async () => {
  expect(await client().read(aRequestId, 5)).toMatchObject({ id: aRequestId })
  expect(services.reads[0]?.search).toBe('?wait=5')
  services.on.read = () => problemAnswer('not-found')
  expect(await failure(client().read(aRequestId))).toMatchObject({ code: 'not-found', requestId: aRequestId })
})

test('sends the headers of a program that has no cookie', async () => {
  await client({ headers: { authorization: 'Bearer token' } }).submit('syncSchedule', { date: '2026-11-20' })
  const { headers, params } = last(services.submissions)
  expect(headers.get('authorization')).toBe('Bearer token')
  expect(params).toEqual({ date: '2026-11-20' })
})

test('sends how old an answer may be and how urgent it is, and says how the answer came about', async () => {
  const wishes = { cache: 'allow-stale', priority: 'bulk' } as const
  const meta = { source: 'cache', stale: true, ageMs: 61_000 } as const
  services.on.submit = ({ correlationId }) => {
    last(services.streams).send(responseFrame(correlationId, { data: providers, ...meta }))
    return acceptedAnswer(correlationId)
  }
  connection.open()
  const answer = await client().ask('getProviders', {}, wishes)
  expect(answer).toEqual({ data: providers, meta, requestId: aRequestId })
  expect(services.submissions).toMatchObject([wishes])
})

test('says so too when the answer is read from the record, and of a write there is nothing to say', async () => {
  const meta = { source: 'upstream', stale: false, ageMs: 12 } as const
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers, ...meta }))
  const ask = () => client().ask('getProviders', {}, { timeoutMs: 500 })
  expect(await ask()).toMatchObject({ meta })
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers }))
  expect(await ask()).toMatchObject({ meta: undefined })
})

test('wishes that are left out are not in the body, so that one key makes one body', async () => {
  await client().submit('getProviders', {})
  expect(Object.keys(last(services.submissions)).sort()).toEqual([
    'action',
    'correlationId',
    'headers',
    'key',
    'params',
  ])
})

test('a submission is activity unless it is said to be none; the reading after it never is', async () => {
  const seen: (string | null)[] = []
  const spy: TebraClientOptions['fetch'] = (url, init) => {
    if (init.method !== 'POST') seen.push(new Headers(init.headers).get('x-background'))
    return fetch(url, init)
  }
  services.on.read = () => Response.json(aRecord({ status: 'success', data: providers }))
  await client({ fetch: spy }).call('getProviders', {})
  await client().submit('getProviders', {}, { background: true })
  expect(seen).toEqual(['1'])
  expect(services.submissions.map(({ headers }) => headers.get('x-background'))).toEqual([null, '1'])
})

test('says whose page asks, so that nothing is done as somebody who has signed in since', async () => {
  const seen: (string | null)[] = []
  const spy: TebraClientOptions['fetch'] = (url, init) => {
    seen.push(new Headers(init.headers).get('x-user'))
    return fetch(url, init)
  }
  const bound = client({ fetch: spy, userId: 'user-1', headers: { 'x-more': '1' } })
  await bound.submit('getProviders', {})
  await bound.read(aRequestId)
  await bound.submit('getProviders', {}, { userId: 'user-2' })
  await client({ fetch: spy }).submit('getProviders', {})
  expect(seen).toEqual(['user-1', 'user-1', 'user-2', null])
  expect(services.submissions[0]?.headers.get('x-more')).toBe('1')
  services.on.submit = () => problemAnswer('unauthenticated')
  await expect(bound.submit('getProviders', {})).rejects.toMatchObject({
    code: 'unauthenticated',
    retryable: false,
  })
})
