import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EventConnection, type EventConnectionOptions } from './event-connection.ts'
import {
  aRequestId,
  type FakeServices,
  problemAnswer,
  startEnvironment,
  startFakeServices,
  statusFrame,
} from './testing/fake-services.ts'

let services: FakeServices
let environment: ReturnType<typeof startEnvironment>
let connection: EventConnection

beforeEach(() => {
  services = startFakeServices()
  environment = startEnvironment()
})
afterEach(async () => {
  connection.close()
  await services.stop()
})

function connect(options: Partial<EventConnectionOptions> = {}) {
  connection = new EventConnection({
    streams: ['tebra:status', 'tebra:responses'],
    url: `${services.url}/events`,
    environment,
    backOff: { baseMs: 20, capMs: 200 },
    ...options,
  })
  const heard = { states: [] as string[], events: [] as string[], gaps: [] as string[] }
  connection.onState((state) => {
    const reason = state.kind === 'waiting' || state.kind === 'ended' ? ` ${state.reason}` : ''
    heard.states.push(state.kind + (state.kind === 'open' && state.isReady ? ' ready' : reason))
  })
  connection.onEvent((event) => heard.events.push(event.id))
  connection.onResync((reason) => heard.gaps.push(reason))
  connection.open()
  return heard
}
const until = (condition: () => unknown, timeout = 3000) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout, interval: 5 })
const isReady = () => connection.state.kind === 'open' && connection.state.isReady
const stream = (index: number) => {
  const found = services.streams[index]
  if (!found) throw new Error(`no stream ${index}`)
  return found
}

test('opens one stream for the named streams and tells each state on the way', async () => {
  const heard = connect()
  connection.open()
  await until(isReady)
  expect(heard.states).toEqual(['connecting', 'open', 'open ready'])
  expect(stream(0).url.search).toBe('?streams=tebra:status,tebra:responses')
  expect(stream(0).lastEventId).toBeNull()
  expect(services.streams).toHaveLength(1)
})

test('resumes from its cursor when the connection breaks in the middle of a frame', async () => {
  const heard = connect()
  await until(isReady)
  stream(0).send(statusFrame(aRequestId, 'pending', '1-0'))
  const next = statusFrame(aRequestId, 'processing', '2-0')
  stream(0).send(next.slice(0, 40))
  await until(() => heard.events.length === 1)
  stream(0).cut()
  await until(() => services.streams.length === 2)
  expect(stream(1).lastEventId).toBe('1-0')
  stream(1).send(next)
  await until(() => heard.events.length === 2)
  expect(heard.events).toEqual(['1-0', '2-0'])
  expect(heard.states).toContain('waiting dropped')
})

test('begins after a cursor that it is given, and names the one after each event while it is told', async () => {
  connect({ lastEventId: '4-0' })
  const cursors: string[] = []
  connection.onEvent(({ id }) => cursors.push(`${id} ${connection.lastEventId}`))
  await until(isReady)
  expect(stream(0).lastEventId).toBe('4-0')
  stream(0).send(statusFrame(aRequestId, 'pending', '5-0') + statusFrame(aRequestId, 'processing', '6-0'))
  await until(() => cursors.length === 2)
  expect(cursors).toEqual(['5-0 5-0', '6-0 6-0'])
})

test('tells each sign of life, also one that is nothing but a heartbeat', async () => {
  connect()
  await until(isReady)
  let count = 0
  connection.onHeard(() => count++)
  stream(0).send(': keep-alive\n\n')
  await until(() => count === 1)
})

test('comes back after a clean end too', async () => {
  connect()
  await until(isReady)
  stream(0).end()
  await until(() => services.streams.length === 2)
})

test.each([
  [401, 'session-ended'],
  [403, 'forbidden'],
  [204, 'stopped'],
] as const)('stops for good at a %i and says %s', async (status, reason) => {
  services.refusals.push(() => new Response(null, { status }))
  connect()
  await until(() => connection.state.kind === 'ended')
  expect(connection.state).toEqual({ kind: 'ended', reason })
  expect(environment.listeners.size).toBe(0)
})

test.each(['session-ended', 'forbidden'] as const)('stops for good at bye %s', async (code) => {
  const heard = connect()
  await until(isReady)
  stream(0).send(`retry: 10\nevent: bye\ndata: {"code":"${code}"}\n\n${statusFrame(aRequestId, 'pending')}`)
  await until(() => connection.state.kind === 'ended')
  expect(connection.state).toEqual({ kind: 'ended', reason: code })
  expect(heard.events).toEqual([])
  await until(() => stream(0).isClosed)
})

test.each(['rotated', 'draining'] as const)(
  'comes back after bye %s at the time the server named',
  async (code) => {
    const heard = connect({ backOff: { baseMs: 60_000, capMs: 60_000 } })
    await until(isReady)
    stream(0).send(
      `${statusFrame(aRequestId, 'pending', '5-0')}retry: 80\nevent: bye\ndata: {"code":"${code}"}\n\n`,
    )
    const startedAt = Date.now()
    await until(() => services.streams.length === 2)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(70)
    expect(stream(1).lastEventId).toBe('5-0')
    expect(heard.states).toContain('waiting told-to')
  },
)

test('takes the server’s retry as the base of its back-off', async () => {
  const heard = connect({ backOff: { baseMs: 60_000, capMs: 60_000 } })
  await until(isReady)
  stream(0).send('retry: 30\n\n')
  stream(0).send(statusFrame(aRequestId, 'pending', '3-0'))
  await until(() => heard.events.length === 1)
  stream(0).cut()
  await until(() => services.streams.length === 2)
})

test('waits at least as long as Retry-After says, even when the tab comes into view', async () => {
  services.refusals.push(() => problemAnswer('over-capacity', {}, { 'retry-after': '1' }))
  const startedAt = Date.now()
  const heard = connect()
  await until(() => connection.state.kind === 'waiting')
  environment.setVisible(false)
  environment.setVisible(true)
  await until(() => services.streams.length === 1)
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000)
  expect(heard.states).toContain('waiting refused')
})

test('tries again when a proxy answers with something else than a stream', async () => {
  services.refusals.push(() => new Response('<h1>sign in to the wifi</h1>'))
  connect()
  await until(isReady)
})

test('backs off further with every failure, and starts anew after a stable stream', async () => {
  for (let i = 0; i < 4; i++) services.refusals.push(() => new Response('', { status: 502 }))
  const delays: number[] = []
  const attempts: number[] = []
  connect({ stableMs: 0, environment: { ...environment, random: () => 0.999 } })
  connection.onState((state) => {
    if (state.kind === 'connecting') attempts.push(state.attempt)
    if (state.kind === 'waiting') delays.push(Math.round(((state.retryAt ?? 0) - Date.now()) / 20))
  })
  await until(isReady)
  expect(attempts.at(-1)).toBe(4)
  expect(delays).toEqual([1, 2, 4, 8])
  stream(0).cut()
  await until(() => services.streams.length === 2)
  expect(attempts.at(-1)).toBe(1)
})

test('gives up on a stream that is silent, however open its socket is', async () => {
  const heard = connect({ silenceMs: 60 })
  await until(() => services.streams.length === 2)
  expect(heard.states).toContain('waiting silent')
  await until(() => stream(0).isClosed)
})

test('gives up on a server that accepts and never answers', async () => {
  const heard = connect({
    silenceMs: 60,
    fetch: (_, init) =>
      new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      }),
  })
  await until(() => heard.states.includes('waiting silent'))
})

test('keeps a stream whose only sign of life is the heartbeat', async () => {
  const heard = connect({ silenceMs: 1_000 })
  await until(isReady)
  for (let beat = 0; beat < 6; beat++) {
    await Bun.sleep(250)
    stream(0).send(': keep-alive\n\n')
  }
  expect(services.streams).toHaveLength(1)
  expect(heard.states).not.toContain('waiting silent')
})

test('tells of a gap the server could not fill, and of a frame it could not read', async () => {
  const heard = connect()
  await until(isReady)
  stream(0).send('event: resync\ndata: {"reason":"trimmed"}\n\n')
  stream(0).send('event: tebra:status\ndata: {broken\n\n')
  stream(0).send('event: tebra:status\ndata: {"stream":"tebra:status"}\n\n')
  stream(0).send('event: something-new\ndata: {broken\n\n')
  stream(0).send('event: resync\ndata: 1\n\n')
  await until(() => heard.gaps.length === 4)
  expect(heard.gaps).toEqual(['trimmed', 'unreadable', 'unreadable', 'unreadable'])
})

test('lets go of the stream when the network goes and takes it up when it is back', async () => {
  const heard = connect({ backOff: { baseMs: 60_000, capMs: 60_000 } })
  await until(isReady)
  stream(0).send(statusFrame(aRequestId, 'pending', '3-0'))
  await until(() => heard.events.length === 1)
  environment.setOnline(false)
  await until(() => connection.state.kind === 'waiting' && connection.state.reason === 'offline')
  await until(() => stream(0).isClosed)
  environment.setOnline(true)
  await until(() => services.streams.length === 2)
  expect(stream(1).lastEventId).toBe('3-0')
})

test('tries all the same when the browser says it is offline, but seldom', async () => {
  environment.setOnline(false)
  const heard = connect({ backOff: { baseMs: 10, capMs: 100 } })
  await until(isReady)
  stream(0).cut()
  await until(() => services.streams.length === 2)
  expect(heard.states).toContain('waiting offline')
})

test('a hidden tab that lost its stream waits to be seen', async () => {
  connect()
  await until(isReady)
  environment.setVisible(false)
  stream(0).cut()
  await until(() => connection.state.kind === 'waiting' && connection.state.reason === 'hidden')
  await Bun.sleep(60)
  expect(services.streams).toHaveLength(1)
  environment.setVisible(true)
  await until(() => services.streams.length === 2)
})

test('says nothing after close, and opens again when asked', async () => {
  const heard = connect()
  await until(isReady)
  connection.close()
  connection.close()
  expect(heard.states.at(-1)).toBe('ended closed')
  await until(() => stream(0).isClosed)
  expect(environment.listeners.size).toBe(0)
  const before = heard.states.length
  await Bun.sleep(40)
  expect(heard.states).toHaveLength(before)
  connection.open()
  await until(() => services.streams.length === 2)
})

test('close ends a wait at once', async () => {
  services.refusals.push(() => problemAnswer('over-capacity', {}, { 'retry-after': '3600' }))
  connect()
  await until(() => connection.state.kind === 'waiting')
  connection.close()
  await until(() => environment.listeners.size === 0)
  expect(services.streams).toHaveLength(0)
})

test('a listener that throws is reported and keeps neither the others nor the stream from going on', async () => {
  const heard = connect()
  const stop = connection.onEvent(() => {
    throw new Error('mine')
  })
  await until(isReady)
  stream(0).send(statusFrame(aRequestId, 'pending', '1-0'))
  await until(() => heard.events.length === 1)
  expect(environment.reported).toEqual([new Error('mine')])
  stop()
  stream(0).send(statusFrame(aRequestId, 'processing', '2-0'))
  await until(() => heard.events.length === 2)
  expect(environment.reported).toHaveLength(1)
  expect(services.streams).toHaveLength(1)
})

test('sends the headers of a program that has no cookie', async () => {
  let seen: RequestInit | undefined
  connect({
    headers: { authorization: 'Bearer token' },
    fetch: (url, init) => {
      seen = init
      return fetch(url, init)
    },
  })
  await until(isReady)
  expect(seen?.headers).toMatchObject({ authorization: 'Bearer token', accept: 'text/event-stream' })
  // Coming back by itself must not keep an idle session alive.
  expect(seen?.headers).toMatchObject({ 'x-background': '1' })
  expect(seen?.credentials).toBe('same-origin')
})

test('comes back in time when the clock of the computer is set back or stands still', async () => {
  connect({ environment: { ...environment, now: () => 1000 } })
  await until(isReady)
  stream(0).cut()
  await until(() => services.streams.length === 2)
})
