import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import { readConsole } from '../read-console.ts'
import { addConsole } from '../serve-console.ts'
import { buildConsole } from './build.ts'
import { cannedNow } from './testing/canned-day.ts'
import {
  type StubServices,
  startStubServices,
  stubCode,
  stubPassword,
  stubRecoveryCode,
} from './testing/stub-services.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let outDir: string
let browser: Browser
let app: OpenAPIHono<ServiceEnv>
let axeSource: string
let stub: StubServices
let page: Page
const faults: string[] = []

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'console-'))
  await buildConsole(outDir)
  app = new OpenAPIHono<ServiceEnv>()
  addConsole(app, await readConsole(outDir))
  axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  browser = await launchChromium(process.env)
})
afterEach(async () => {
  await page.context().close()
  await stub.stop()
  expect(faults.splice(0)).toEqual([])
})
afterAll(async () => {
  await browser.close()
  await rm(outDir, { recursive: true, force: true })
})

async function open(options: BrowserContextOptions = {}): Promise<void> {
  stub = startStubServices((request) => app.fetch(request))
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  page = await context.newPage()
  page.setDefaultTimeout(8000)
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/content security policy|warning:/i.test(message.text())) faults.push(message.text())
  })
  await page.clock.setFixedTime(cannedNow)
  await page.goto(`${stub.url}/console/`)
}

async function signIn(email = 'desk@clinic.test', password = stubPassword): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}
const seeText = (text: string) => page.getByText(text).first().waitFor()
const seeDay = () => seeText('Grace Okonkwo')
const connection = () => page.getByTestId('connection').textContent()

async function axeFindings(): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
  })
}
const overflowPx = () => page.evaluate(() => document.documentElement.scrollWidth - screen.width)

test('signs in with a password and shows where one is, as whom, and that it is live', async () => {
  await open()
  await signIn()
  await seeDay()
  for (const text of ['Riverside family medicine', 'desk@clinic.test', 'Front desk']) await seeText(text)
  expect(await connection()).toBe('Live')
  expect(await page.getByRole('link', { name: 'Overview' }).count()).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
})

test('signs in with a second factor, after a wrong code and its explanation', async () => {
  await open()
  await signIn('doctor@clinic.test')
  const code = page.getByLabel('Six-digit code')
  await code.fill('111 111')
  await page.keyboard.press('Enter')
  await seeText('That code is wrong, was used before, or is too old')
  expect(await code.inputValue()).toBe('')
  await code.fill(stubCode)
  await page.keyboard.press('Enter')
  await seeDay()
})

test('goes back to the first step when the challenge of the second has run out', async () => {
  await open()
  await signIn('doctor@clinic.test')
  await page.route('**/auth/login/mfa', (route) => {
    const body = {
      type: 'urn:problem:unauthenticated',
      title: '',
      status: 401,
      code: 'unauthenticated',
      requestId: 'r',
    }
    return route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(body) })
  })
  await page.getByLabel('Six-digit code').fill(stubCode)
  await page.keyboard.press('Enter')
  await seeText('That sign-in took too long')
  await page.getByLabel('Password').waitFor()
})

test('says that the e-mail address or the password is wrong, and never which', async () => {
  await open()
  await signIn('desk@clinic.test', 'wrong')
  const alert = page.getByRole('alert')
  expect(await alert.textContent()).toMatch(/^The e-mail address or the password is wrong/)
  expect(page.url()).toBe(`${stub.url}/console/`)
})

test('counts down after too many tries and sends none meanwhile', async () => {
  await open()
  let tries = 0
  stub.faults.login = () => {
    tries++
    return stub.problem('too-many-requests', {}, { 'retry-after': '42' })
  }
  await signIn()
  await seeText('You can try again in 42 s.')
  await page.keyboard.press('Enter')
  await page.clock.setFixedTime('2026-11-20T15:10:43.000Z')
  await page.getByRole('alert').waitFor({ state: 'detached' })
  expect(tries).toBe(1)
})

test('says when the service is away, at the door and before it', async () => {
  await open()
  stub.faults.login = () => stub.problem('redis-unavailable')
  await signIn()
  await seeText('Signing in is not possible at the moment')
  await page.route('**/auth/session', (route) => route.abort())
  await page.reload()
  await seeText('The service cannot be reached')
  await page.unroute('**/auth/session')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByLabel('Password').waitFor()
})

test('shows the steps of a request as they happen, then the day in the clinic’s time', async () => {
  await open()
  stub.on.stepMs = 700
  await signIn()
  await page.getByTestId('skeleton').waitFor()
  await page.locator('[data-stage=pending].step-now').waitFor()
  await page.locator('[data-stage=processing].step-now').waitFor()
  await page.locator('[data-stage=ended].step-done').waitFor()
  expect(await page.locator('[data-stage=ended] .step-time').textContent()).toMatch(/^\d+ ms|\d\.\d s$/)
  const visits = page.getByRole('list', { name: 'Appointments', exact: true }).getByRole('listitem')
  expect(await visits.count()).toBe(12)
  expect(await visits.nth(4).textContent()).toContain('10:00 AM30 minGrace OkonkwoNowDiabetes review')
  expect(await page.locator('[aria-current=time]').count()).toBe(2)
  await seeText('Clinic time · Eastern Standard Time')
  expect(await visits.filter({ hasText: 'Omar Haddad' }).textContent()).toContain('ARRIVED-LATE')
  expect(await page.getByRole('list', { name: 'Appointments by status' }).textContent()).toContain(
    '2 Confirmed',
  )
  expect(await page.content()).not.toContain('never on this screen')
})

test('walks to other days and back, asking for each', async () => {
  await open()
  await signIn()
  await seeDay()
  await page.getByRole('button', { name: 'Next day' }).click()
  await seeText('Saturday, November 21, 2026')
  await vi.waitFor(() => expect(stub.seen.submissions.at(-1)?.params).toEqual({ date: '2026-11-21' }))
  await page.getByRole('button', { name: 'Today', exact: true }).click()
  await seeDay()
  await page.getByLabel('Go to a day').fill('2026-12-24')
  await seeText('Thursday, December 24, 2026')
  await page.getByRole('button', { name: 'Previous day' }).click()
  await seeText('Wednesday, December 23, 2026')
  await vi.waitFor(() => expect(stub.seen.submissions).toHaveLength(5))
  expect(stub.seen.submissions[0]?.params).toEqual({})
})

test('shows a day without appointments as such', async () => {
  await open()
  stub.on.schedule = (date) => ({ date, timeZone: 'America/New_York', appointments: [], syncedAt: cannedNow })
  await signIn()
  await seeText('No appointments on this day')
})

test('never shows a failure as an empty day', async () => {
  await open()
  stub.faults.end = { code: 'upstream-unavailable', message: 'Tebra does not answer', retryable: true }
  await signIn()
  await seeText('The schedule could not be loaded')
  await seeText('upstream-unavailable')
  expect(await page.getByText('No appointments').count()).toBe(0)
  stub.faults.end = undefined
  await page.getByRole('button', { name: 'Try again' }).click()
  await seeDay()
})

test('keeps the old day and marks it stale when a refresh fails', async () => {
  await open()
  await signIn()
  await seeDay()
  stub.faults.submit = () => stub.problem('queue-full', {}, { 'retry-after': '60' })
  await page.getByRole('button', { name: 'Refresh' }).click()
  await seeText('Not up to date: this is the schedule as of 10:10 AM')
  await seeText('The queue to Tebra is full')
  await seeDay()
  expect(await page.locator('[aria-current=time]').count()).toBe(0)
  stub.faults.submit = undefined
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Not up to date').waitFor({ state: 'detached' })
})

test('marks a day that stands in for a Tebra that is away, and claims nobody’s presence by it', async () => {
  await open()
  stub.on.meta = { source: 'cache', stale: true, ageMs: 900_000 }
  await signIn()
  await seeDay()
  await seeText('Tebra is away: this is the schedule as of 10:10 AM')
  expect(await page.locator('[aria-current=time]').count()).toBe(0)
  expect(await axeFindings()).toEqual([])
})

test('reads the day anew by itself while somebody looks, and that counts as nobody’s activity', async () => {
  await open()
  await signIn()
  await seeDay()
  await page.clock.fastForward(61_000)
  await vi.waitFor(() => expect(stub.seen.submissions).toHaveLength(2))
  expect(stub.seen.submissions[1]).toMatchObject({ cache: 'prefer' })
  expect(stub.seen.submitHeaders.map((headers) => headers.get('x-background'))).toEqual([null, '1'])
})

test('goes back to the door when the session ends, and forgets what it showed', async () => {
  await open()
  await signIn()
  await seeDay()
  stub.endSessions()
  await seeText('Your session has ended')
  expect(await page.content()).not.toContain('Grace Okonkwo')
  await signIn()
  await seeDay()
})

test('goes back to the door when a request is refused for want of a session', async () => {
  await open()
  await signIn()
  await seeDay()
  stub.faults.submit = () => stub.problem('unauthenticated')
  await page.getByRole('button', { name: 'Refresh' }).click()
  await seeText('Your session has ended')
})

test('signs out, and says so when that fails', async () => {
  await open()
  await signIn()
  await seeDay()
  await page.route('**/auth/logout', (route) => route.abort())
  await page.getByRole('button', { name: 'Sign out' }).click()
  await seeText('You are still signed in.')
  await page.unroute('**/auth/logout')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await seeText('You are signed out')
  await page.reload()
  await page.getByLabel('Password').waitFor()
})

test('tells of a dead connection, still loads, and tells when it is live again', async () => {
  await open()
  await signIn()
  await seeDay()
  stub.faults.areStreamsRefused = true
  stub.dropStreams()
  await seeText('Live updates are interrupted.')
  expect(await connection()).toBe('Reconnecting')
  await page.getByRole('button', { name: 'Next day' }).click()
  await page.locator('[data-stage=ended].step-done').waitFor()
  stub.faults.areStreamsRefused = false
  await page.getByText('Live updates are interrupted.').waitFor({ state: 'detached' })
  expect(await connection()).toBe('Live')
})

test('tells that the computer is offline, and goes on by itself', async () => {
  await open()
  await signIn()
  await seeDay()
  await page.context().setOffline(true)
  await seeText('This computer is offline.')
  expect(await connection()).toBe('Offline')
  await page.context().setOffline(false)
  await page.getByText('This computer is offline.').waitFor({ state: 'detached' })
  await vi.waitFor(async () => expect(await connection()).toBe('Live'), 5000)
})

test('shows health and its last hour to those who look after it, by background requests, and marks who is stalled', async () => {
  await open()
  await signIn('operator@clinic.test')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await vi.waitFor(async () => expect(await connection()).toBe('Live'))
  for (const text of ['Half-open', '0.4 ms', 'worker-7f2c', 'Stalled', '40 MB of 244 MB', 'at most 40'])
    await seeText(text)
  expect(stub.seen.submissions).toHaveLength(0)
  expect(stub.seen.statusHeaders[0]?.get('x-background')).toBe('1')
  stub.faults.status = () => stub.problem('redis-unavailable')
  await seeText('Not up to date')
  await seeText('worker-7f2c')
})

test('takes the schedule away when the permission is lost, and stays live for the rest', async () => {
  await open()
  await signIn()
  await seeDay()
  stub.on.role = 'auditor'
  stub.endStreams('event: bye\ndata: {"code":"forbidden"}\n\n')
  await seeText('“Schedule” is not among your pages')
  expect(await page.content()).not.toContain('Grace Okonkwo')
  await vi.waitFor(async () => expect(await connection()).toBe('Live'))
})

test('keeps patients out of the title, the URLs and the browser’s stores', async () => {
  await open()
  await signIn()
  await seeDay()
  expect(await page.title()).toBe('Schedule · Clinic console')
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
    0,
    0,
    '',
  ])
  expect(stub.seen.urls.join('\n')).not.toMatch(/Okonkwo|clinic\.test|correct/)
})

test('can be used from sign-in to sign-out with the keyboard alone', async () => {
  await open()
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? (element?.textContent || element?.getAttribute('name'))
    })
  await page.getByLabel('Password').waitFor()
  expect(await focused()).toBe('email')
  await page.keyboard.type('desk@clinic.test')
  await page.keyboard.press('Tab')
  await page.keyboard.type(stubPassword)
  await page.keyboard.press('Enter')
  await seeDay()
  const order: unknown[] = []
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Tab')
    order.push(await focused())
  }
  expect(order).toEqual(['Previous day', 'Today', 'Next day'])
  const outline = await page.evaluate(
    () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
  )
  expect(outline).toBe('solid')
  await page.keyboard.press('Enter')
  await seeText('Saturday, November 21, 2026')
  await page.locator('[data-stage=ended].step-done').waitFor()
  for (let i = 0; i < 8 && (await focused()) !== 'Refresh'; i++) await page.keyboard.press('Tab')
  const before = stub.seen.submissions.length
  await page.keyboard.press('Space')
  await vi.waitFor(() => expect(stub.seen.submissions).toHaveLength(before + 1))
  for (let i = 0; i < 12 && (await focused()) !== 'Sign out'; i++) await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await seeText('You are signed out')
})

test.each(['light', 'dark'] as const)('has nothing for axe to find in %s colours', async (colorScheme) => {
  await open({ colorScheme, reducedMotion: 'reduce' })
  await page.getByLabel('Password').waitFor()
  expect(await axeFindings()).toEqual([])
  await signIn('admin@clinic.test')
  await seeDay()
  expect(await axeFindings()).toEqual([])
  stub.faults.submit = () => stub.problem('forbidden')
  await page.getByRole('button', { name: 'Refresh' }).click()
  await seeText('Not up to date')
  expect(await axeFindings()).toEqual([])
  await page.getByRole('button', { name: 'Next day' }).click()
  await seeText('The schedule could not be loaded')
  expect(await axeFindings()).toEqual([])
})

test('fits a phone without scrolling sideways', async () => {
  await open({ viewport: { width: 360, height: 760 }, isMobile: true, hasTouch: true })
  await page.getByLabel('Password').waitFor()
  expect(await overflowPx()).toBe(0)
  await signIn('admin@clinic.test')
  await seeDay()
  expect(await overflowPx()).toBe(0)
})

test('does not move for those who ask for less motion', async () => {
  await open({ reducedMotion: 'reduce' })
  stub.faults.end = 'never'
  await signIn()
  await page.getByTestId('skeleton').waitFor()
  const names = await page
    .locator('.bone')
    .first()
    .evaluate((bone) => getComputedStyle(bone).animationName)
  expect(names).toBe('none')
})

const answer = (body: object) => () => Response.json(body)
const visit = (path: string) =>
  page.evaluate((hash) => {
    location.hash = hash
  }, `#/${path}`)

test('signs in with a recovery code in place of the app', async () => {
  await open()
  await signIn('doctor@clinic.test')
  await page.getByRole('button', { name: 'Use a recovery code' }).click()
  await page.getByLabel('Recovery code').fill(stubRecoveryCode)
  await page.keyboard.press('Enter')
  await seeDay()
})

test('tells of a first sign-in from this browser, and at once of one from elsewhere', async () => {
  await open()
  stub.on.newDevice = true
  await signIn()
  await seeText('This is your first sign-in from this browser or network')
  await seeText('You are also signed in in one other place.')
  await page.getByRole('button', { name: 'It was me' }).click()
  await vi.waitFor(async () => expect(await connection()).toBe('Live'))
  stub.tell('session:notices', { event: 'new-device', data: {}, timestamp: cannedNow })
  await seeText('Somebody has just signed in as you')
  await page.getByRole('link', { name: 'See where you are signed in' }).click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})

test('asks for a proof before something sensitive, goes on with it, and does nothing without', async () => {
  await open()
  const isProved = { now: false }
  stub.on.routes.set('GET /auth/service-accounts', answer({ accounts: [] }))
  stub.on.routes.set('POST /auth/step-up', async (request) => {
    const { totp } = (await request.json()) as { totp?: string }
    isProved.now = totp === stubCode
    return isProved.now ? Response.json({}) : stub.problem('invalid-code')
  })
  let made = 0
  stub.on.routes.set('POST /auth/service-accounts', () => {
    if (!isProved.now) return stub.problem('step-up-required', { needs: { aal: 'aal2', freshMs: 300_000 } })
    made += 1
    const account = {
      id: '1',
      clientId: 'client-1',
      name: 'kiosk',
      roles: ['front-desk'],
      createdAt: cannedNow,
    }
    return Response.json({ account, clientSecret: 'shown-once' })
  })
  await signIn('admin@clinic.test')
  await seeDay()
  await visit('programs')
  await page.getByRole('button', { name: 'Add a program…' }).click()
  await page.getByLabel('Name').fill('kiosk')
  await page.getByLabel('Front desk').check()
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('heading', { name: 'Confirm it is you' }).waitFor()
  await page.keyboard.press('Escape')
  await seeText('it was not confirmed that it is you')
  expect(made).toBe(0)

  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByLabel('Six-digit code').fill('111111')
  await page.keyboard.press('Enter')
  await seeText('That code is wrong')
  await page.getByLabel('Six-digit code').fill(stubCode)
  await page.keyboard.press('Enter')
  await seeText('shown-once')
  expect(made).toBe(1)
})

test('warns before the session ends, stays when asked to, and ends on time when not', async () => {
  await open()
  await signIn()
  await seeDay()
  const at = async (minutes: number) => {
    stub.on.now = new Date(Date.parse(cannedNow) + minutes * 60_000).toISOString()
    await page.clock.setFixedTime(stub.on.now)
    // A computer that wakes up looks again.
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
  }
  await at(13.5)
  await seeText('You are about to be signed out')
  expect(await page.getByRole('timer').textContent()).toBe('1:30')
  expect(await axeFindings()).toEqual([])
  stub.on.idleExpiresAt = new Date(Date.parse(cannedNow) + 28.5 * 60_000).toISOString()
  await page.getByRole('button', { name: 'Stay signed in' }).click()
  await page.getByRole('alertdialog').waitFor({ state: 'detached' })
  await seeDay()
  await page.route('**/auth/session', (route) => route.abort())
  await at(28.6)
  await seeText('Your session has ended')
  expect(await page.content()).not.toContain('Grace Okonkwo')
})

test('shows over every page that emergency access is on, and ends it', async () => {
  await open()
  stub.on.emergencyUntil = new Date(Date.parse(cannedNow) + 15 * 60_000).toISOString()
  stub.on.routes.set('DELETE /auth/emergency-access', () => {
    stub.on.emergencyUntil = undefined
    return new Response(null, { status: 204 })
  })
  await signIn()
  const banner = page.getByRole('region', { name: 'Emergency access' })
  await banner.getByText('for another 15 min').waitFor()
  await visit('account')
  await banner.getByRole('button', { name: 'End it now' }).click()
  await banner.waitFor({ state: 'detached' })
})

test('tells who has one factor only that their role waits for a second one', async () => {
  await open()
  stub.on.role = 'auditor'
  stub.on.permissions = []
  stub.on.routes.set(
    'GET /auth/mfa',
    answer({ totp: 'none', passkeys: [], recoveryCodesLeft: 0, required: true }),
  )
  await signIn()
  await seeText('Your role shows its pages only to those who sign in with a second factor.')
  expect(await page.getByRole('link', { name: 'Audit log' }).count()).toBe(0)
  await visit('audit')
  await seeText('“Audit log” is not among your pages')
  expect(await axeFindings()).toEqual([])
})

test('tails the events of the session, narrows them, holds them still, and shows no patient’s data', async () => {
  await open()
  await signIn('admin@clinic.test')
  await seeDay()
  await visit('events')
  await page.getByRole('heading', { name: 'Live events' }).waitFor()
  const about = { requestId: 'r-1', correlationId: 'c', action: 'getPatient', timestamp: cannedNow }
  stub.tell('tebra:status', { ...about, status: 'processing', attempt: 1 })
  stub.tell('tebra:responses', { ...about, status: 'success', data: { name: 'planted' }, duration: 5 })
  stub.tell('ops:alerts', { event: 'breaker.started', key: 'soap', data: {}, timestamp: cannedNow })
  const rows = page.getByRole('table', { name: 'Events, newest first' }).getByRole('row')
  await vi.waitFor(async () => expect(await rows.count()).toBe(4))
  expect(await rows.nth(1).textContent()).toContain('breaker.started')
  expect(await page.content()).not.toContain('planted')
  await page.getByLabel('Contains').fill('getpatient: s')
  await vi.waitFor(async () => expect(await rows.count()).toBe(2))
  await page.getByLabel('Contains').fill('')
  await page.getByLabel('Stream').selectOption('ops:alerts')
  await vi.waitFor(async () => expect(await rows.count()).toBe(2))
  await page.getByRole('button', { name: 'Hold still' }).click()
  stub.tell('ops:alerts', { event: 'breaker.ended', key: 'soap', data: {}, timestamp: cannedNow })
  await seeText('Held still; 4 kept')
  expect(await rows.count()).toBe(2)
  await page.getByRole('button', { name: 'Go on' }).click()
  await seeText('breaker.ended')
})

test('never shows a list that could not be loaded as an empty one', async () => {
  await open()
  await signIn('admin@clinic.test')
  await seeDay()
  stub.on.routes.set('GET /auth/users', () => stub.problem('redis-unavailable'))
  await visit('users')
  await seeText('Could not be loaded')
  await seeText('redis-unavailable')
  const user = {
    id: 'u',
    email: 'new@clinic.test',
    roles: [],
    disabled: true,
    version: 1,
    createdAt: cannedNow,
  }
  stub.on.routes.set('GET /auth/users', answer({ users: [user] }))
  await page.getByRole('button', { name: 'Try again' }).click()
  await seeText('new@clinic.test')
})
