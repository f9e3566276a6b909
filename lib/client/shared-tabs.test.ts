import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import {
  acceptedAnswer,
  aRequestId,
  type FakeServices,
  problemAnswer,
  responseFrame,
  startFakeServices,
  statusFrame,
} from './testing/fake-services.ts'
import type { TabPage } from './testing/tab-page.ts'

vi.setConfig({ testTimeout: 30_000 })

let script: string
let browser: Browser
let context: BrowserContext
let services: FakeServices
/** Every event so far; a stream that comes with a cursor is told what came after it. */
let log: number
let idleEndsAt: number
let touches: number

beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [new URL('./testing/tab-page.ts', import.meta.url).pathname],
    target: 'browser',
  })
  script = (await built.outputs[0]?.text()) ?? ''
  browser = await launchChromium(process.env)
})
afterAll(() => browser.close())

beforeEach(async () => {
  log = 0
  touches = 0
  idleEndsAt = Date.now() + 900_000
  services = startFakeServices()
  services.on.stream = (stream) => {
    const from = stream.lastEventId === null ? log : Number.parseInt(stream.lastEventId, 10)
    const missed = Array.from({ length: log - from }, (_, index) => eventFrame(from + index + 1))
    stream.send(`id: ${from}-0\n\n${missed.join('')}event: ready\ndata: {"streams":[]}\n\n`)
  }
  services.on.other = (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/')
      return new Response('<!doctype html><script type="module" src="/tab.js"></script>', html)
    if (pathname === '/tab.js')
      return new Response(script, { headers: { 'content-type': 'text/javascript' } })
    const id = /session=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1]
    if (pathname !== '/auth/session' || id === undefined) return problemAnswer('unauthenticated')
    if (!request.headers.has('x-background')) {
      touches++
      idleEndsAt = Date.now() + 900_000
    }
    const ends = new Date(idleEndsAt).toISOString()
    const session = { id, aal: 'aal1', createdAt: ends, idleExpiresAt: ends, absoluteExpiresAt: ends }
    return Response.json({ session, user: { id }, permissions: [] })
  }
  context = await browser.newContext()
  await signIn('one')
})
afterEach(async () => {
  await context.close()
  await services.stop()
})

const html = { headers: { 'content-type': 'text/html' } }
const eventFrame = (count: number) => statusFrame(aRequestId, 'pending', `${count}-0`)
const signIn = (id: string) => context.addCookies([{ name: 'session', value: id, url: services.url }])
const until = (condition: () => Promise<unknown> | unknown, timeout = 8000) =>
  vi.waitFor(async () => expect(await condition()).toBeTruthy(), { timeout, interval: 20 })
const at = (page: Page) => ({
  state: () => page.evaluate(() => pageOf().state()),
  heard: () => page.evaluate(() => pageOf().heard),
  gaps: () => page.evaluate(() => pageOf().gaps),
  idle: () => page.evaluate(() => pageOf().idle()),
})
/** In the page. */
declare const pageOf: () => TabPage

function tell(): void {
  log++
  for (const stream of services.streams) if (!stream.isClosed) stream.send(eventFrame(log))
}
const ids = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}-0`)

async function openPage(): Promise<Page> {
  const page = await context.newPage()
  await page.addInitScript('globalThis.pageOf = () => globalThis.page')
  await page.goto(services.url)
  await page.waitForFunction(() => 'page' in globalThis)
  return page
}
async function openTwo() {
  const first = await openPage()
  await until(async () => (await at(first).state()) === 'ready')
  const second = await openPage()
  await until(async () => (await at(second).state()) === 'ready')
  return [first, second] as const
}
const openStreams = () => services.streams.filter(({ isClosed }) => !isClosed).length

test('two tabs share one stream, hear the same, and each gets the answers to its own requests', async () => {
  const [first, second] = await openTwo()
  for (let count = 0; count < 20; count++) tell()
  await until(async () => (await at(second).heard()).length === 20)
  expect(await at(first).heard()).toEqual(ids(20))
  expect(await at(second).heard()).toEqual(ids(20))
  expect(services.streams).toHaveLength(1)
  services.on.submit = ({ correlationId }) => {
    services.streams[0]?.send(responseFrame(correlationId, { data: [{ id: '7' }] }, '21-0'))
    return acceptedAnswer(correlationId)
  }
  expect(await second.evaluate(() => pageOf().providers())).toEqual([{ id: '7' }])
})

test.each(['is closed', 'goes elsewhere', 'crashes'] as const)(
  'nothing is lost or doubled when the leading tab %s in the middle of a flow of events',
  async (how) => {
    const [first, second] = await openTwo()
    const flow = setInterval(tell, 2)
    await until(async () => (await at(second).heard()).length > 50)
    if (how === 'is closed') await first.close()
    if (how === 'goes elsewhere') await first.goto('about:blank')
    if (how === 'crashes') {
      const session = await context.newCDPSession(first)
      session.send('Page.crash').catch(() => undefined)
      await first.waitForEvent('crash')
    }
    await until(() => services.streams.length === 2)
    const before = (await at(second).heard()).length
    await until(async () => (await at(second).heard()).length > before + 50)
    clearInterval(flow)
    await until(async () => (await at(second).heard()).length === log)
    expect(await at(second).heard()).toEqual(ids(log))
    expect(await at(second).gaps()).toEqual([])
    // The browser lets go of a dead tab's connection when it comes to it; a third one is never opened.
    await until(() => openStreams() === 1)
    expect(services.streams).toHaveLength(2)
  },
)

test('signing out ends every tab', async () => {
  const [first, second] = await openTwo()
  await context.clearCookies()
  services.refusals.push(() => problemAnswer('unauthenticated'))
  services.streams[0]?.send('event: bye\ndata: {"code":"session-ended"}\n\n')
  for (const page of [first, second]) {
    await until(async () => (await at(page).state()) === 'session-ended')
    await until(async () => (await at(page).idle()) === 'ended')
  }
})

test('a tab of the person before hears nothing of who signed in since', async () => {
  const [first, second] = await openTwo()
  await signIn('two')
  await first.close()
  await until(async () => (await at(second).state()) === 'session-ended')
  const third = await openPage()
  await until(async () => (await at(third).state()) === 'ready')
  tell()
  await until(async () => (await at(third).heard()).length === 1)
  expect(await at(second).heard()).toEqual([])
})

test('what a person does in one tab is told once and counts in the other', async () => {
  const [first, second] = await openTwo()
  const before = touches
  const act = async (page: Page) => {
    await page.bringToFront()
    await page.mouse.click(10, 10)
  }
  await act(first)
  await until(() => touches === before + 1)
  // The first tab tells the second one; only then is the second act no news.
  await Bun.sleep(200)
  await act(second)
  await Bun.sleep(200)
  expect(touches).toBe(before + 1)
})

test('a browser without Web Locks has a stream in each tab, and both hear everything', async () => {
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
  })
  const [first, second] = await openTwo()
  tell()
  for (const page of [first, second]) await until(async () => (await at(page).heard()).length === 1)
  expect(openStreams()).toBe(2)
})
