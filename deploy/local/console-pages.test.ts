import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Role } from '#lib/contract/permissions.ts'
import { until } from '#lib/processes/wait.ts'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import { buildConsole } from '../../services/stream-sse/console/build.ts'
import { type ConsoleVisitor, visitConsole } from './testing/console-visitor.ts'
import { misbehave, signIn, startTestStack, type TestStack } from './testing/stack.ts'

let stack: TestStack
let browser: Browser
type Cookies = Awaited<ReturnType<ConsoleVisitor['cookies']>>
/** Of an admin who stays signed in. */
let adminCookies: Cookies = []
/** Two dead letters that wait for an operator. */
let edited: string
let settled: string
const visitors: ConsoleVisitor[] = []

beforeAll(async () => {
  await buildConsole()
  stack = await startTestStack({ BREAKER_FAILURES: '1000', TEBRA_TIMEOUT_MS: '2000' })
  browser = await launchChromium(process.env)
  ;[edited = '', settled = ''] = await makeDeadLetters()
}, 120_000)
afterAll(async () => {
  await browser.close()
  await stack.stop()
})
afterEach(async () => {
  const left = visitors.splice(0)
  await Promise.all(left.map((visitor) => visitor.close()))
  expect(left.flatMap(({ faults }) => faults)).toEqual([])
})

/** Writes that Tebra was not there for, to the last attempt. */
async function makeDeadLetters(): Promise<string[]> {
  const desk = await signIn(stack, 'front-desk')
  const [provider] = await desk.client.call('getProviders', {})
  const [location] = await desk.client.call('getServiceLocations', {})
  await misbehave(stack, { kind: 'outage', operation: 'CreateAppointment' })
  const ids = await Promise.all(
    ['15', '17'].map(async (hour) => {
      const { id } = await desk.client.submit('createAppointment', {
        patientId: '10001',
        providerId: provider?.id ?? '',
        locationId: location?.id ?? '',
        start: `2026-12-01T${hour}:00:00Z`,
        end: `2026-12-01T${hour}:30:00Z`,
      })
      expect((await desk.recordOf(id, 30)).status).toMatch(/^(dead|uncertain)$/)
      return id
    }),
  )
  await misbehave(stack)
  desk.events.close()
  return ids
}

const demoUser = (role: Role) => {
  const user = stack.users.find(({ roles }) => roles.includes(role))
  if (!user) throw new Error(`no user with the role ${role}`)
  return user
}
async function visit(cookies?: Cookies): Promise<ConsoleVisitor> {
  const visitor = await visitConsole(browser, stack.baseUrl, cookies)
  visitors.push(visitor)
  return visitor
}
/** Somebody whose role demands a second factor; their code counts once a half minute, so each signs in once here. */
async function visitAs(role: 'operator' | 'auditor' | 'admin'): Promise<ConsoleVisitor> {
  const visitor = await visit()
  const user = demoUser(role)
  await visitor.typePassword(user)
  await visitor.typeCode(user.totpSecret)
  return visitor
}

test('a passkey is registered, renamed, signs in alone and as a second factor, and is removed', async () => {
  const { page, press, see, go, typePassword } = await visit()
  const authenticator = await page.context().newCDPSession(page)
  await authenticator.send('WebAuthn.enable')
  await authenticator.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const desk = demoUser('front-desk')
  await typePassword(desk)
  await go('Your account')
  await press('Add a passkey…')
  await page.getByLabel('Name').fill('Front desk laptop')
  await press('Go on')
  await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').nth(9).waitFor()
  await press('I have kept them')
  await press('Rename Front desk laptop')
  await page.getByRole('textbox', { name: 'Name' }).fill('Laptop')
  await press('Rename')
  await page.getByRole('button', { name: 'Rename Laptop' }).waitFor()

  await press('Sign out')
  await press('Sign in with a passkey')
  await page.getByRole('heading', { name: /, 20\d\d$/, level: 1 }).waitFor()
  await press('Sign out')
  await typePassword(desk)
  await press('Use the passkey')
  await go('Your account')
  await see('Two factors')
  await press('Remove Laptop')
  await press('Remove it')
  await see('You have none yet.')
})

test('an authenticator app is set up, a recovery code opens the door, and the password is changed', async () => {
  const { page, press, see, go, typePassword } = await visit()
  const clinician = demoUser('clinician')
  await typePassword(clinician)
  await go('Your account')
  await press('Set up an app…')
  await page.getByRole('img', { name: 'Code to scan with the authenticator app' }).waitFor()
  const secret = (await page.locator('.secret').textContent())?.replace(/\s/g, '') ?? ''
  const { TOTP } = await import('otpauth')
  await page.getByLabel('The code the app shows now').fill(new TOTP({ secret }).generate())
  await press('Finish')
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
  const code = await codes.first().textContent()
  await press('I have kept them')
  await see('10 left.')

  await page.getByLabel('Current password').fill('not it')
  await page.getByLabel('New password').fill('a longer new password')
  await press('Change the password')
  await see('is not your password')
  await page.getByLabel('Current password').fill(clinician.password)
  await press('Change the password')
  await see('Your password is changed')

  await press('Sign out')
  await typePassword({ ...clinician, password: 'a longer new password' })
  await press('Use a recovery code')
  await page.getByLabel('Recovery code').fill(code ?? '')
  await press('Continue')
  await go('Your account')
  await see('9 left.')
})

test('an admin adds a user, gives roles, ends their access, and makes a program’s account', async () => {
  const { page, press, see, go, cookies } = await visitAs('admin')
  await go('Users')
  await press('Add a user…')
  await page.getByLabel('E-mail address').fill('new@demo.example')
  await page.getByLabel('First password').fill('new@demo.example')
  await page.getByLabel('Front desk').check()
  await press('Add')
  await page.getByRole('dialog').locator('.field-error').waitFor()
  await page.getByLabel('First password').fill('seven small umbrellas')
  await press('Add')
  await page.getByRole('link', { name: 'new@demo.example' }).click()

  const colleague = await visit()
  await colleague.typePassword({ email: 'new@demo.example', password: 'seven small umbrellas' })
  // An administrator's choice is good for one thing only: choosing one's own.
  await colleague.see('Choose a password of your own')
  await colleague.page.getByLabel('Current password').fill('seven small umbrellas')
  await colleague.page.getByLabel('New password').fill('nine tall lighthouses')
  await colleague.press('Change the password')
  await colleague.page.getByRole('link', { name: 'Schedule' }).waitFor()
  await page.getByLabel('Front desk').uncheck()
  await page.getByLabel('Clinician').check()
  await press('Save the roles')
  await page.locator('button[aria-disabled=true]', { hasText: 'Save the roles' }).waitFor()
  await press('Disable…')
  await press('Disable')
  await see('Disabled')
  await colleague.see('Your session has ended')

  await go('Programs')
  await press('Add a program…')
  await page.getByLabel('Name').fill('kiosk')
  await page.getByLabel('Front desk').check()
  await press('Add')
  await see('It is shown only now.')
  await press('I have kept it')
  await press('New secret for kiosk')
  await press('Make a new secret')
  await see('It is shown only now.')
  await press('I have kept it')
  await press('Remove kiosk')
  await press('Remove it')
  await see('No program has an account here.')
  adminCookies = await cookies()
})

const pageNames = [
  'Requests',
  'Overview',
  'Dead letters',
  'Live events',
  'Users',
  'Programs',
  'Practice',
  'Audit log',
  'Your account',
]

test('every page is clean for axe in light and in dark, and fits a phone', async () => {
  const { page, go, axeFindings } = await visit(adminCookies)
  const findings: string[] = []
  for (const name of pageNames) {
    await page.setViewportSize({ width: 1280, height: 900 })
    await go(name)
    await until('everything has loaded', async () => (await page.locator('.bones').count()) === 0)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const finding of await axeFindings()) findings.push(`${name}, ${colorScheme}: ${finding}`)
    }
    await page.setViewportSize({ width: 360, height: 760 })
    const widthPx = await page.evaluate(() => document.documentElement.scrollWidth)
    if (widthPx > 360) findings.push(`${name} is ${widthPx} px wide on a phone`)
  }
  expect(findings).toEqual([])
}, 60_000)

test('an admin shortens the practice’s time-outs, is told what is too long, and changes what a role may do', async () => {
  const { page, press, see, go } = await visit(adminCookies)
  await go('Practice')
  const idle = page.getByLabel('Minutes without activity')
  await idle.fill('16')
  await press('Set the time-outs')
  await see('Longer than the service allows, or too short to work with.')
  await idle.fill('10')
  await press('Set the time-outs')
  await see('The time-outs are set')
  await see('This is the standard table.')
  await page.getByLabel('Clinician: Book and change appointments').check()
  await press('Save the table')
  await see('The practice has changed the standard table.')
  await page.reload()
  expect(await idle.inputValue()).toBe('10')
  expect(await page.getByLabel('Clinician: Book and change appointments').isChecked()).toBe(true)
  await idle.fill('')
  await press('Set the time-outs')
  await see('The time-outs are set')
  expect(await idle.inputValue()).toBe('15')
})

test('an operator sees what is wrong, edits and requeues a dead letter, settles another, and holds the breaker', async () => {
  const { page, press, see, go, axeFindings } = await visitAs('operator')
  await page.getByRole('heading', { name: 'Queue Needs a look' }).waitFor()
  await see('Dead letters')

  await go('Dead letters')
  await page.locator(`a[href$="${edited}"]`).click()
  await page.getByLabel('start').fill('not a time')
  const confirm = page.getByLabel('I have looked in Tebra, and it was not written.')
  if ((await confirm.count()) > 0) await confirm.check()
  await press('Requeue')
  await see('Invalid ISO datetime')
  expect(await page.getByLabel('start').getAttribute('aria-invalid')).toBe('true')
  expect(await axeFindings()).toEqual([])
  await page.getByLabel('start').fill('2026-12-01T16:00:00Z')
  await page.getByLabel('end').fill('2026-12-01T16:30:00Z')
  await press('Requeue')
  await see('It is in the queue again')
  await page.getByRole('link', { name: 'See how the request goes on' }).click()
  await page.getByRole('list', { name: 'Timeline' }).waitFor()
  await page.waitForFunction(
    () => document.querySelector('.timeline-step:last-child.timeline-good'),
    undefined,
    {
      polling: 500,
    },
  )

  await go('Dead letters')
  await page.locator(`a[href$="${settled}"]`).click()
  await page.getByLabel('Note', { exact: true }).fill('Called the patient; booked by hand.')
  await press('Settle')
  await see('It is settled')

  await go('Overview')
  await press('Hold open…')
  await page.getByLabel('Reason').fill('The vendor announced maintenance')
  await press('Hold open')
  await page.getByRole('heading', { name: 'Breaker Held open' }).waitFor()
  await press('Let it decide…')
  await page.getByLabel('Reason').fill('It is over')
  await press('Let go')
  await see('Breaker')
  await page.getByRole('heading', { name: 'Breaker Held open' }).waitFor({ state: 'detached' })

  await go('Emergency access')
  expect(await axeFindings()).toEqual([])
  await page.getByLabel('Why it cannot wait').fill('A patient collapsed at the desk')
  await press('Begin emergency access')
  await page.getByRole('region', { name: 'Emergency access' }).waitFor()
  await go('Live events')
  await page.getByRole('link', { name: 'Schedule' }).click()
  await page.getByRole('list', { name: 'Appointments', exact: true }).waitFor()
  await press('End it now')
  await see('“Schedule” is not among your pages')
}, 90_000)

test('an auditor searches the log, exports what was found, and verifies it', async () => {
  const { page, press, see } = await visitAs('auditor')
  const rows = page.getByRole('table', { name: 'Audit events, newest first' }).getByRole('row')
  await rows.nth(3).waitFor()
  await page.getByLabel('Action').selectOption('user.create')
  await press('Apply')
  await page.waitForFunction(() =>
    [...document.querySelectorAll('tbody th')].every(({ textContent }) => textContent === 'user.create'),
  )
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export as CSV' }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n').slice(1)
  expect(lines.length).toBeGreaterThanOrEqual(5)
  for (const line of lines) expect(line).toContain('user.create')
  await press('Verify the log')
  await see(/Intact: \d+ entries are as they were written/)
  await press('Show the uses')
  await see(/A patient collapsed at the desk|It was never used/)
})
