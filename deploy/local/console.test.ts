import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Uuid } from '#lib/contract/ids.ts'
import type { Role } from '#lib/contract/permissions.ts'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import { buildConsole } from '../../services/stream-sse/console/build.ts'
import { misbehave, startTestStack, type TestStack } from './testing/stack.ts'

let stack: TestStack
let browser: Browser
let page: Page
const violations: string[] = []

beforeAll(async () => {
  await buildConsole()
  stack = await startTestStack()
  browser = await launchChromium(process.env)
})
afterAll(async () => {
  await browser.close()
  await stack.stop()
})
beforeEach(async () => {
  await misbehave(stack)
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) violations.push(message.text())
  })
  await page.goto(`${stack.baseUrl}/console/`)
})
afterEach(async () => {
  await page.context().close()
  expect(violations.splice(0)).toEqual([])
})

const userWith = (role: Role) => {
  const user = stack.users.find(({ roles }) => roles.includes(role))
  if (!user) throw new Error(`no user with the role ${role}`)
  return user
}

async function signIn(role: Role): Promise<void> {
  const { email, password } = userWith(role)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Resolves when the day's list is there, with as many visits as a clinic day has. */
async function seeTheDay(): Promise<void> {
  const visits = page.getByRole('list', { name: 'Appointments', exact: true }).getByRole('listitem')
  await visits.nth(10).waitFor()
}
const shot = async (name: string) => {
  if (process.env.SCREENSHOTS)
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true })
}

test('the front desk signs in and sees today’s schedule arrive live, asked for in its own name', async () => {
  const named: (string | undefined)[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/tebra/requests')) named.push(request.headers()['x-user'])
  })
  await signIn('front-desk')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  await seeTheDay()
  expect(named.length).toBeGreaterThan(0)
  for (const userId of named) expect(Uuid.safeParse(userId).success).toBe(true)
  await shot('stack-front-desk')
})

test('an admin proves the second factor and sees the schedule and the health of the system', async () => {
  await signIn('admin')
  const { totpSecret = '' } = userWith('admin')
  await page.getByLabel('Six-digit code').fill(new TOTP({ secret: totpSecret }).generate())
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  await seeTheDay()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'Redis Healthy' }).waitFor()
  await shot('stack-admin')
})

test('when stream-sse dies the page says so, and it is live again when the service is back', async () => {
  await signIn('front-desk')
  await page.getByText('Live', { exact: true }).first().waitFor()
  await stack.processes.get('stream-sse')?.end('SIGKILL')
  await page
    .getByText(/reconnecting/i)
    .first()
    .waitFor({ timeout: 10_000 })
  await stack.restart('stream-sse')
  await page.getByText('Live', { exact: true }).first().waitFor({ timeout: 20_000 })
}, 60_000)

test('signing out in one tab ends the other tab’s page', async () => {
  await signIn('clinician')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  const other = await page.context().newPage()
  await other.goto(`${stack.baseUrl}/console/`)
  await other.getByRole('button', { name: 'Sign out' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await other.getByLabel('E-mail address').waitFor()
})
