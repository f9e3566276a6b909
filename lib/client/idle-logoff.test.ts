import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { AuthClient } from './auth-client.ts'
import { IdleLogoff, type IdleLogoffOptions } from './idle-logoff.ts'
import { FakeEvents } from './testing/fake-events.ts'
import { problemAnswer, startEnvironment } from './testing/fake-services.ts'
import { startFakeTabs } from './testing/fake-tabs.ts'

const idleMs = 15 * 60_000
/** The service's session: sliding, with a greatest age, by a clock that goes three minutes before the browser's. */
const clockAheadMs = 180_000
let idleEndsAt: number
let absoluteEndsAt: number
let isReachable: boolean
let asked: ('activity' | 'background')[]
let browser: ReturnType<typeof startFakeTabs>
const started: IdleLogoff[] = []

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-20T09:00:00Z') })
  idleEndsAt = Date.now() + idleMs
  absoluteEndsAt = Date.now() + 12 * 3_600_000
  isReachable = true
  asked = []
  browser = startFakeTabs()
})
afterEach(() => {
  for (const idle of started.splice(0)) idle.stop()
  vi.useRealTimers()
})

const served = (ms: number) => new Date(ms + clockAheadMs).toISOString()
function sessionNow(): SessionAnswer['session'] {
  const idleExpiresAt = served(Math.min(idleEndsAt, absoluteEndsAt))
  return {
    id: 's',
    aal: 'aal1',
    createdAt: served(0),
    idleExpiresAt,
    absoluteExpiresAt: served(absoluteEndsAt),
  }
}
const answer = async (_url: string, init: RequestInit): Promise<Response> => {
  if (!isReachable) throw new TypeError('network')
  const isBackground = new Headers(init.headers).has('x-background')
  asked.push(isBackground ? 'background' : 'activity')
  const headers = { date: new Date(Date.now() + clockAheadMs).toUTCString() }
  if (Date.now() >= Math.min(idleEndsAt, absoluteEndsAt)) return problemAnswer('unauthenticated', {}, headers)
  if (!isBackground) idleEndsAt = Date.now() + idleMs
  return Response.json({ session: sessionNow(), user: {}, permissions: [] }, { headers })
}

function openTab(options: Partial<IdleLogoffOptions> = {}) {
  const listeners = new Set<() => void>()
  const tab = browser.openTab()
  const environment = startEnvironment()
  const idle = new IdleLogoff({
    auth: new AuthClient({ fetch: answer }),
    session: sessionNow(),
    environment,
    tabs: tab.tabs,
    onActivity(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ...options,
  })
  started.push(idle)
  idle.start()
  const act = () => {
    for (const listener of listeners) listener()
  }
  return { idle, act, environment, listeners }
}
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)
const touches = () => asked.filter((kind) => kind === 'activity').length

test('warns two minutes before the end and ends on time, by the service’s clock', async () => {
  const { idle, listeners } = openTab()
  const endsAt = idleEndsAt
  await minutes(12.9)
  expect(idle.state).toEqual({ kind: 'active' })
  await minutes(0.2)
  expect(idle.state).toEqual({ kind: 'warning', endsAt, canStay: true })
  await minutes(2)
  expect(idle.state).toEqual({ kind: 'ended' })
  expect(listeners.size).toBe(0)
  expect(touches()).toBe(0)
})

test('what a person does keeps the session, told once a minute at most and never too late', async () => {
  const { idle, act } = openTab()
  await minutes(0)
  for (let second = 0; second < 300; second += 5) {
    act()
    await minutes(5 / 60)
  }
  // At the first act and at the end of each minute that saw another.
  expect(touches()).toBe(6)
  // Acted within the minute after the last touch, and not since: that counts too.
  act()
  const actedAt = Date.now()
  await minutes(1)
  expect(idleEndsAt - actedAt).toBeGreaterThanOrEqual(idleMs)
  await minutes(12)
  expect(idle.state).toEqual({ kind: 'active' })
})

test('what a person does in one tab counts in all, and is told by one', async () => {
  const first = openTab()
  const second = openTab()
  await minutes(12)
  first.act()
  second.act()
  await minutes(0.1)
  expect(touches()).toBeLessThanOrEqual(2)
  const before = touches()
  first.act()
  await minutes(0.1)
  second.act()
  await minutes(0.1)
  expect(touches()).toBe(before)
  await minutes(12)
  expect([first.idle.state, second.idle.state]).toEqual([{ kind: 'active' }, { kind: 'active' }])
})

test('does not warn where the service has seen activity that this page has not', async () => {
  const { idle } = openTab()
  await minutes(10)
  idleEndsAt = Date.now() + idleMs
  await minutes(4)
  expect(idle.state).toEqual({ kind: 'active' })
  await minutes(9.5)
  expect(idle.state.kind).toBe('warning')
})

test.each(['staying', 'doing something'] as const)('%s takes the warning away in every tab', async (how) => {
  const first = openTab()
  const second = openTab()
  await minutes(13.5)
  expect([first.idle.state.kind, second.idle.state.kind]).toEqual(['warning', 'warning'])
  if (how === 'staying') await first.idle.stay()
  else first.act()
  await minutes(0.1)
  expect([first.idle.state.kind, second.idle.state.kind]).toEqual(['active', 'active'])
  await minutes(12)
  expect(first.idle.state.kind).toBe('active')
})

test('says that the greatest age is reached and nothing keeps the session', async () => {
  absoluteEndsAt = Date.now() + 30 * 60_000
  const { idle, act } = openTab()
  for (let minute = 0; minute < 29; minute++) {
    act()
    await minutes(1)
  }
  expect(idle.state).toEqual({ kind: 'warning', endsAt: absoluteEndsAt, canStay: false })
  const before = touches()
  for (let key = 0; key < 20; key++) act()
  await minutes(0.1)
  expect(touches() - before).toBeLessThanOrEqual(1)
  await idle.stay()
  expect(idle.state.kind).toBe('warning')
  await minutes(1)
  expect(idle.state.kind).toBe('ended')
})

test('ends on time when the service cannot be asked, so that nobody reads on', async () => {
  const { idle } = openTab()
  await minutes(1)
  isReachable = false
  await minutes(13)
  expect(idle.state.kind).toBe('warning')
  await minutes(1.1)
  expect(idle.state.kind).toBe('ended')
})

test('a computer that slept past the end shows nothing when it wakes', async () => {
  const { idle, environment } = openTab()
  await minutes(1)
  vi.setSystemTime(Date.now() + 3_600_000)
  environment.setVisible(false)
  await minutes(0)
  expect(idle.state.kind).toBe('ended')
})

test('an answer that was under way while the computer slept does not put the end off', async () => {
  let hold: Promise<void> | undefined
  const fetch: typeof answer = async (url, init) => {
    const answered = await answer(url, init)
    await hold
    return answered
  }
  const { idle, environment } = openTab({ auth: new AuthClient({ fetch }) })
  await minutes(1)
  const gate = Promise.withResolvers<void>()
  hold = gate.promise
  const staying = idle.stay()
  await minutes(0)
  vi.setSystemTime(Date.now() + 20 * 60_000)
  isReachable = false
  gate.resolve()
  await staying
  environment.setVisible(true)
  await minutes(0)
  expect(idle.state).toEqual({ kind: 'ended' })
})

test('a session that ends in one tab ends in all', async () => {
  const events = new FakeEvents()
  events.open()
  const first = openTab({ events })
  const second = openTab()
  await minutes(1)
  events.become({ kind: 'ended', reason: 'session-ended' })
  await minutes(0.1)
  expect([first.idle.state, second.idle.state]).toEqual([{ kind: 'ended' }, { kind: 'ended' }])
  first.idle.start()
  await minutes(1)
  expect(first.idle.state).toEqual({ kind: 'ended' })
})

test('ends when the browser holds another session by now', async () => {
  const { idle } = openTab({ session: { ...sessionNow(), id: 'the one before' } })
  await minutes(0)
  expect(idle.state).toEqual({ kind: 'ended' })
})

test('stopped it watches nothing, and started again it goes on', async () => {
  const { idle, act, listeners } = openTab()
  await minutes(1)
  idle.stop()
  expect(listeners.size).toBe(0)
  act()
  await minutes(13)
  expect(idle.state).toEqual({ kind: 'active' })
  idle.start()
  await minutes(0.1)
  expect(idle.state.kind).toBe('warning')
})
