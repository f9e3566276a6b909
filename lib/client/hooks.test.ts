import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import { aRequestId, type FakeServices, startFakeServices, statusFrame } from './testing/fake-services.ts'
import type { HooksWorld } from './testing/hooks-page.tsx'

vi.setConfig({ testTimeout: 30_000 })

let script: string
let browser: Browser
let services: FakeServices
let page: Page
let idleEndsAt: number
let touches: number
const faults: string[] = []

beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [new URL('./testing/hooks-page.tsx', import.meta.url).pathname],
    target: 'browser',
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  script = (await built.outputs[0]?.text()) ?? ''
  browser = await launchChromium(process.env)
})
afterAll(() => browser.close())

beforeEach(async () => {
  idleEndsAt = Date.now() + 900_000
  touches = 0
  services = startFakeServices()
  services.on.other = (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/') {
      const html = '<!doctype html><body><script type="module" src="/page.js"></script>'
      return new Response(html, { headers: { 'content-type': 'text/html' } })
    }
    if (pathname === '/page.js')
      return new Response(script, { headers: { 'content-type': 'text/javascript' } })
    if (!request.headers.has('x-background')) touches++
    const ends = new Date(idleEndsAt).toISOString()
    const session = { id: 's', aal: 'aal1', createdAt: ends, idleExpiresAt: ends, absoluteExpiresAt: ends }
    return Response.json({ session, user: { id: 'user-1' }, permissions: [] })
  }
  page = await browser.newPage()
  page.setDefaultTimeout(8000)
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  await page.goto(services.url)
})
afterEach(async () => {
  await page.close()
  await services.stop()
  expect(faults.splice(0).filter((text) => !text.includes('Failed to load resource'))).toEqual([])
})

/** In the page. */
declare const world: HooksWorld
const shows = (name: string, value: unknown) =>
  vi.waitFor(async () => expect(JSON.parse((await page.textContent(`#${name}`)) ?? '')).toEqual(value), {
    timeout: 8000,
    interval: 20,
  })
const press = (name: string) => page.getByRole('button', { name }).click()
const dates = () => page.evaluate(() => world.dates)

test('shows where the stream stands, and follows it', async () => {
  await shows('connection', 'open')
  await page.evaluate(() =>
    world.events.become({ kind: 'waiting', reason: 'offline', attempt: 0, retryAt: undefined }),
  )
  await shows('connection', 'waiting')
})

test('a bus of its own opens one stream, hears its events and gaps, and closes with the page', async () => {
  await shows('own', ['open', [], 0])
  await vi.waitFor(() => expect(services.streams.filter(({ isClosed }) => !isClosed)).toHaveLength(1))
  const stream = services.streams.find(({ isClosed }) => !isClosed)
  stream?.send(statusFrame(aRequestId, 'pending', '1-0'))
  stream?.send('event: resync\ndata: {"reason":"slow"}\n\n')
  await shows('own', ['open', ['1-0'], 1])
  await page.goto('about:blank')
  await vi.waitFor(() => expect(stream?.isClosed).toBe(true))
})

test('a bus of a given stream hears the streams it asked for, and keeps as many as it was told', async () => {
  await shows('day', ['2026-11-20', 'done'])
  await page.evaluate(() => {
    const requestId = 'r'
    for (const correlationId of ['a', 'b', 'c']) {
      world.events.status({ requestId, correlationId, status: 'pending' })
      world.events.response({ requestId, correlationId })
    }
  })
  await shows('given', ['tebra:responses', 'tebra:responses'])
})

test('a schedule is read when shown, for another day, on request, and after a gap or a change', async () => {
  await shows('day', ['2026-11-20', 'done'])
  const before = (await dates()).length
  await press('Monday')
  await shows('day', ['2026-11-23', 'done'])
  await press('Refresh')
  await vi.waitFor(async () => expect(await dates()).toHaveLength(before + 2))
  await shows('day', ['2026-11-23', 'done'])
  await page.evaluate(() => world.events.resync())
  await vi.waitFor(async () => expect(await dates()).toHaveLength(before + 3))
  await shows('day', ['2026-11-23', 'done'])
  await page.evaluate(() => {
    const about = { requestId: 'r', correlationId: 'c' }
    world.events.response({ ...about, action: 'updateAppointmentStatus', status: 'error' })
    world.events.response({ ...about, action: 'updateAppointmentStatus' })
  })
  await vi.waitFor(async () => expect(await dates()).toHaveLength(before + 4))
  const asked = await page.evaluate(() => world.tebra.submissions.map(({ cache }) => cache))
  expect(asked.slice(-4)).toEqual(['prefer', 'fresh', 'fresh', 'fresh'])
})

test('never shows one day under the name of another', async () => {
  await shows('day', ['2026-11-20', 'done'])
  await press('Tuesday')
  await shows('day', [null, 'failed'])
})

test('a change heard while the day is being read has it read once more', async () => {
  await shows('day', ['2026-11-20', 'done'])
  const before = (await dates()).length
  await page.evaluate(() => {
    world.events.resync()
    setTimeout(() => world.events.resync())
    world.events.resync()
  })
  await vi.waitFor(async () => expect((await dates()).length).toBeGreaterThanOrEqual(before + 2))
  await shows('day', ['2026-11-20', 'done'])
})

test('a request that fails tells why', async () => {
  await shows('patient', 'idle')
  await press('Patient')
  await shows('patient', 'no patient 7')
})

test('idleness is shown, and one button takes the warning away', async () => {
  await shows('idle', 'active')
  idleEndsAt = Date.now() + 60_000
  await page.reload()
  await shows('idle', 'warning')
  const before = touches
  idleEndsAt = Date.now() + 900_000
  await press('Stay')
  await shows('idle', 'active')
  expect(touches).toBeGreaterThan(before)
})

test('what waits in the outbox is counted', async () => {
  await shows('outbox', 0)
  await page.context().setOffline(true)
  await page.evaluate(() => void world.outbox.submit('getPatient', { patientId: '1' }))
  await shows('outbox', 1)
  await page.context().setOffline(false)
  await shows('outbox', 0)
})
