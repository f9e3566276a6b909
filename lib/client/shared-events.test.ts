import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEvents } from './create-events.ts'
import { EventConnection } from './event-connection.ts'
import type { EventStream } from './event-stream.ts'
import { SharedEvents } from './shared-events.ts'
import {
  aRequestId,
  type FakeServices,
  type FakeStream,
  problemAnswer,
  startEnvironment,
  startFakeServices,
  statusFrame,
} from './testing/fake-services.ts'
import { startFakeTabs } from './testing/fake-tabs.ts'

let services: FakeServices
let browser: ReturnType<typeof startFakeTabs>
/** Whose cookie the browser holds, for all its tabs. */
let cookieOf: string | undefined
const opened: EventStream[] = []

beforeEach(() => {
  services = startFakeServices()
  browser = startFakeTabs()
  cookieOf = 'session-1'
  services.on.other = () =>
    cookieOf === undefined
      ? problemAnswer('unauthenticated')
      : Response.json({ session: { id: cookieOf }, user: { id: 'u' }, permissions: [] })
})
afterEach(async () => {
  for (const events of opened.splice(0)) events.close()
  await services.stop()
})

const until = (condition: () => unknown, timeout = 3000) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout, interval: 5 })
const stream = (index: number): FakeStream => {
  const found = services.streams[index]
  if (!found) throw new Error(`no stream ${index}`)
  return found
}
const send = (to: number, ...ids: string[]) => {
  for (const id of ids) stream(to).send(statusFrame(aRequestId, 'pending', id))
}

function openTab(options: { sessionId?: string; silenceMs?: number; isVisible?: boolean } = {}) {
  const { sessionId = 'session-1', silenceMs = 45_000, isVisible = true } = options
  const tab = browser.openTab()
  const environment = startEnvironment()
  environment.setVisible(isVisible)
  const events = createEvents(
    {
      streams: ['tebra:status', 'tebra:responses'],
      sessionId,
      baseUrl: services.url,
      environment,
      silenceMs,
      backOff: { baseMs: 20, capMs: 200 },
    },
    tab.tabs,
  )
  const heard = { events: [] as string[], gaps: [] as string[] }
  events.onEvent((event) => heard.events.push(event.id))
  events.onResync((reason) => heard.gaps.push(reason))
  events.open()
  opened.push(events)
  const isReady = () => events.state.kind === 'open' && events.state.isReady
  return { ...tab, events, environment, heard, isReady }
}

/** Two tabs, the first of which leads. */
async function openTwo(silenceMs?: number) {
  const options = silenceMs === undefined ? {} : { silenceMs }
  const first = openTab(options)
  await until(first.isReady)
  const second = openTab(options)
  await until(second.isReady)
  return [first, second] as const
}

test('two tabs share one stream, and each hears every event once', async () => {
  const [first, second] = await openTwo()
  send(0, '1-0', '2-0', '3-0')
  await until(() => second.heard.events.length === 3)
  expect(first.heard.events).toEqual(['1-0', '2-0', '3-0'])
  expect(second.heard.events).toEqual(['1-0', '2-0', '3-0'])
  expect(services.streams).toHaveLength(1)
})

test('a tab that comes late is told where the stream stands', async () => {
  const [first] = await openTwo()
  send(0, '1-0')
  await until(() => first.heard.events.length === 1)
  const third = openTab()
  await until(third.isReady)
  send(0, '2-0')
  await until(() => third.heard.events.length === 1)
  expect(third.heard).toEqual({ events: ['2-0'], gaps: [] })
})

test.each(['closes', 'is killed'] as const)(
  'when the leader %s another tab resumes from where they all were',
  async (how) => {
    const [first, second] = await openTwo()
    send(0, '1-0')
    await until(() => second.heard.events.length === 1)
    if (how === 'closes') first.events.close()
    else first.kill()
    await until(() => services.streams.length === 2)
    expect(stream(1).lastEventId).toBe('1-0')
    send(1, '2-0')
    await until(() => second.heard.events.length === 2)
    expect(second.heard).toEqual({ events: ['1-0', '2-0'], gaps: [] })
  },
)

test('an event the leader took to its grave is replayed', async () => {
  const [first, second] = await openTwo()
  send(0, '1-0')
  await until(() => second.heard.events.length === 1)
  first.dropPosts((message) => JSON.stringify(message).includes('2-0'))
  send(0, '2-0')
  await until(() => first.heard.events.length === 2)
  first.kill()
  await until(() => services.streams.length === 2)
  expect(stream(1).lastEventId).toBe('1-0')
  send(1, '2-0', '3-0')
  await until(() => second.heard.events.length === 3)
  expect(second.heard).toEqual({ events: ['1-0', '2-0', '3-0'], gaps: [] })
})

test('an event that comes by the dead leader and by the replay counts once', async () => {
  const [first, second] = await openTwo()
  const third = openTab()
  await until(third.isReady)
  send(0, '1-0', '2-0')
  await until(() => first.heard.events.length === 2)
  // Posted, but not yet heard by the others: the lead goes over before the messages arrive.
  first.kill()
  await until(() => services.streams.length === 2)
  if (stream(1).lastEventId === null) send(1, '1-0', '2-0')
  send(1, '2-0', '3-0')
  await until(() => third.heard.events.includes('3-0') && second.heard.events.includes('3-0'))
  expect(second.heard).toEqual({ events: ['1-0', '2-0', '3-0'], gaps: [] })
  expect(third.heard).toEqual({ events: ['1-0', '2-0', '3-0'], gaps: [] })
})

test('a tab that has heard more than the next leader misses nothing', async () => {
  const [first, second] = await openTwo()
  const third = openTab()
  await until(third.isReady)
  second.missPosts((message) => JSON.stringify(message).includes('2-0'))
  send(0, '1-0', '2-0')
  await until(() => third.heard.events.length === 2 && second.heard.events.length === 1)
  first.kill()
  second.missPosts(() => false)
  await until(() => services.streams.length === 2)
  expect(stream(1).lastEventId).toBe('1-0')
  await until(second.isReady)
  send(1, '2-0', '3-0')
  await until(() => third.heard.events.length === 3 && second.heard.events.length === 3)
  for (const { heard } of [second, third]) expect(heard).toEqual({ events: ['1-0', '2-0', '3-0'], gaps: [] })
})

test('a tab that missed a message of the leader says so', async () => {
  const [first, second] = await openTwo()
  send(0, '1-0')
  await until(() => second.heard.events.length === 1)
  first.dropPosts((message) => JSON.stringify(message).includes('"id":"2-0"'))
  send(0, '2-0')
  await until(() => first.heard.events.length === 2)
  send(0, '3-0')
  await until(() => second.heard.events.length === 2)
  expect(second.heard).toEqual({ events: ['1-0', '3-0'], gaps: ['missed'] })
  expect(first.heard.gaps).toEqual([])
})

test('a gap that the server tells is told in every tab', async () => {
  const [first, second] = await openTwo()
  stream(0).send('event: resync\ndata: {"reason":"trimmed"}\n\n')
  await until(() => second.heard.gaps.length === 1)
  expect([first.heard.gaps, second.heard.gaps]).toEqual([['trimmed'], ['trimmed']])
})

test('the lead is taken from a tab that hangs, and not from one that has only heartbeats to tell', async () => {
  const [first, second] = await openTwo(500)
  for (let beat = 0; beat < 30; beat++) {
    await Bun.sleep(50)
    stream(0).send(': keep-alive\n\n')
  }
  expect(services.streams).toHaveLength(1)
  first.hang()
  const beats = setInterval(() => services.streams[0]?.isClosed || stream(0).send(': keep-alive\n\n'), 50)
  await until(() => services.streams.length === 2)
  clearInterval(beats)
  await until(second.isReady)
  expect(second.isLeading()).toBe(true)
})

test('a leader that nobody looks at leaves the coming back to a tab that is seen', async () => {
  const [first, second] = await openTwo()
  first.environment.setVisible(false)
  stream(0).cut()
  await until(() => services.streams.length === 2)
  await until(second.isReady)
  expect([first.isLeading(), second.isLeading()]).toEqual([false, true])
  await until(first.isReady)
})

test('when nobody looks at any tab, they wait, and the first one seen comes back', async () => {
  const [first, second] = await openTwo()
  for (const { environment } of [first, second]) environment.setVisible(false)
  services.refusals.push(...[1, 2].map(() => () => new Response('', { status: 502 })))
  stream(0).cut()
  await until(() => !first.isLeading() && !second.isLeading())
  await Bun.sleep(50)
  expect(services.streams).toHaveLength(1)
  services.refusals.length = 0
  first.environment.setVisible(true)
  await until(() => first.isReady() && second.isReady())
  expect(services.streams).toHaveLength(2)
})

test('a session that ends, ends in every tab', async () => {
  const [first, second] = await openTwo()
  stream(0).send('event: bye\ndata: {"code":"session-ended"}\n\n')
  const ended = { kind: 'ended', reason: 'session-ended' }
  await until(() => second.events.state.kind === 'ended')
  expect([first.events.state, second.events.state]).toEqual([ended, ended])
  await until(() => services.streams.every(({ isClosed }) => isClosed))
})

test('a tab that signs out and closes leaves the others to find out', async () => {
  const [first, second] = await openTwo()
  services.refusals.push(() => problemAnswer('unauthenticated'))
  first.events.close()
  await until(() => second.events.state.kind === 'ended')
  expect(second.events.state).toEqual({ kind: 'ended', reason: 'session-ended' })
})

test('somebody else’s sign-in ends the tabs of the person before', async () => {
  const [first, second] = await openTwo()
  cookieOf = 'session-2'
  const other = openTab({ sessionId: 'session-2' })
  await until(other.isReady)
  const ended = { kind: 'ended', reason: 'session-ended' }
  await until(() => first.events.state.kind === 'ended' && second.events.state.kind === 'ended')
  expect([first.events.state, second.events.state]).toEqual([ended, ended])
  send(1, '7-0')
  await until(() => other.heard.events.length === 1)
  expect([...first.heard.events, ...second.heard.events]).toEqual([])
})

test('a tab of the person before never takes over a stream that is somebody else’s', async () => {
  const [first, second] = await openTwo()
  // Signed in without opening a stream, so that no tab was told.
  cookieOf = 'session-2'
  services.on.stream = (opened) => {
    opened.send('event: ready\ndata: {"streams":[]}\n\n')
    opened.send(statusFrame(aRequestId, 'pending', '9-0'))
  }
  first.kill()
  await until(() => second.events.state.kind === 'ended')
  expect(second.events.state).toEqual({ kind: 'ended', reason: 'session-ended' })
  expect(second.heard.events).toEqual([])
  await until(() => stream(1).isClosed)
})

test('a stream whose owner cannot be asked for is tried again', async () => {
  const answer = services.on.other
  services.on.other = () => problemAnswer('redis-unavailable')
  const tab = openTab()
  await until(() => tab.events.state.kind === 'waiting')
  expect(tab.heard.events).toEqual([])
  services.on.other = answer
  await until(tab.isReady)
})

test('opens again after an end, and says nothing after close', async () => {
  const [first, second] = await openTwo()
  second.events.close()
  expect(second.events.state).toEqual({ kind: 'ended', reason: 'closed' })
  send(0, '1-0')
  await until(() => first.heard.events.length === 1)
  expect(second.heard.events).toEqual([])
  second.events.open()
  await until(second.isReady)
  send(0, '2-0')
  await until(() => second.heard.events.length === 1)
  // It closed at no event and comes back after one: what lies between may be missing.
  expect(second.heard).toEqual({ events: ['2-0'], gaps: ['missed'] })
})

test('a browser that cannot share has a stream in each tab', async () => {
  const options = { streams: ['tebra:status'], sessionId: 'session-1', baseUrl: services.url } as const
  const alone = createEvents({ ...options, environment: startEnvironment() }, undefined)
  opened.push(alone)
  expect(alone).toBeInstanceOf(EventConnection)
  alone.open()
  await until(() => alone.state.kind === 'open')
  expect(createEvents(options, browser.openTab().tabs)).toBeInstanceOf(SharedEvents)
})
