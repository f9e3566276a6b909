import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { AuthClient } from '#lib/client/auth-client.ts'
import { createEvents } from '#lib/client/create-events.ts'
import type { EventStream } from '#lib/client/event-stream.ts'
import { Outbox } from '#lib/client/outbox.ts'
import type { Fetch } from '#lib/client/run-stream.ts'
import { TebraClient } from '#lib/client/tebra-client.ts'
import { startEnvironment } from '#lib/client/testing/fake-services.ts'
import { startFakeTabs } from '#lib/client/testing/fake-tabs.ts'
import { LoginAnswer } from '#lib/contract/session.ts'
import { startTestStack, type TestStack } from '../local/testing/stack.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let stack: TestStack
const opened: EventStream[] = []
beforeAll(async () => {
  stack = await startTestStack()
})
afterEach(() => {
  for (const events of opened.splice(0)) events.close()
})
afterAll(() => stack.stop())

const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 20_000, interval: 20 })

async function signIn() {
  const { email, password } = stack.users.find(({ roles }) => roles.includes('front-desk')) ?? {}
  const answer = await fetch(`${stack.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, delivery: 'bearer' }),
  })
  const { token, session, user } = LoginAnswer.parse(await answer.json())
  return { session, user, headers: { authorization: `Bearer ${token}` } }
}

function openTab(who: Awaited<ReturnType<typeof signIn>>, browser: ReturnType<typeof startFakeTabs>) {
  const tab = browser.openTab()
  const { headers, session } = who
  const base = { baseUrl: stack.baseUrl, headers, environment: startEnvironment() }
  const events = createEvents(
    {
      ...base,
      streams: ['tebra:responses', 'tebra:status'],
      sessionId: session.id,
      backOff: { baseMs: 20, capMs: 200 },
    },
    tab.tabs,
  )
  const ends: string[] = []
  const gaps: string[] = []
  events.onEvent(({ stream, data }) => stream === 'tebra:responses' && ends.push(data.requestId))
  events.onResync((reason) => gaps.push(reason))
  events.open()
  opened.push(events)
  const isReady = () => events.state.kind === 'open' && events.state.isReady
  return { ...tab, events, ends, gaps, isReady, client: new TebraClient({ ...base, events }) }
}

test('when the leading tab dies under way, the other hears the end of each request once', async () => {
  const who = await signIn()
  const browser = startFakeTabs()
  const first = openTab(who, browser)
  await until(first.isReady)
  const second = openTab(who, browser)
  await until(second.isReady)
  const submitted: string[] = []
  for (let count = 0; count < 12; count++) {
    submitted.push((await second.client.submit('getPatient', { patientId: `1000${count % 4}` })).id)
    if (count === 4) first.kill()
  }
  await until(() => second.ends.length >= submitted.length)
  expect(second.ends.toSorted()).toEqual(submitted.toSorted())
  expect(second.gaps).toEqual([])
  const { data, meta } = await second.client.ask('getProviders', {}, { cache: 'prefer' })
  expect(data.length).toBeGreaterThan(0)
  expect(meta?.source).toMatch(/^(cache|upstream)$/)
  expect((await second.client.ask('getProviders', {}, { cache: 'prefer' })).meta?.source).toBe('cache')
})

test('a stream of another session is refused to a tab, as the services tell it', async () => {
  const who = await signIn()
  const tab = openTab({ ...who, session: { ...who.session, id: 'the one before' } }, startFakeTabs())
  await until(() => tab.events.state.kind === 'ended')
  expect(tab.events.state).toEqual({ kind: 'ended', reason: 'session-ended' })
})

test('what the outbox sends again is one request to the services', async () => {
  const { headers, user } = await signIn()
  const environment = startEnvironment()
  let answersLost = 1
  const lossy: Fetch = async (url, init) => {
    const answer = await fetch(url, { ...init, headers: { ...headers, ...(init.headers as object) } })
    if (init.method === 'POST' && answersLost-- > 0) throw new TypeError('the answer was lost')
    return answer
  }
  const base = { baseUrl: stack.baseUrl, fetch: lossy, environment }
  const tab = openTab(await signIn(), startFakeTabs())
  const client = new TebraClient({ ...base, events: tab.events, submitPolicy: { triesMax: 1 } })
  const outbox = new Outbox({ client, auth: new AuthClient(base), owner: user.id, environment })
  const asked = () => fetch(`${stack.baseUrl}/tebra/requests?action=getServiceLocations`, { headers })
  const answer = await outbox.submit('getServiceLocations', {})
  expect(answersLost).toBeLessThan(0)
  const page = (await (await asked()).json()) as { readonly requests: readonly { readonly id: string }[] }
  expect(page.requests).toEqual([expect.objectContaining({ id: answer.id })])
  outbox.close()
})
