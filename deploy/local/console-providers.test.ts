import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Role } from '#lib/contract/permissions.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import {
  clientId,
  clientSecret,
  type OidcServer,
  startOidcServer,
} from '../../services/auth-session/testing/oidc-server.ts'
import { buildConsole } from '../../services/stream-sse/console/build.ts'
import { type ConsoleVisitor, visitConsole } from './testing/console-visitor.ts'
import { startTestStack, type TestStack } from './testing/stack.ts'

let provider: OidcServer
let stack: TestStack
let browser: Browser
const visitors: ConsoleVisitor[] = []

beforeAll(async () => {
  await buildConsole()
  const port = await freePort()
  provider = await startOidcServer(`http://localhost:${port}/auth/oidc/clinic-login/callback`)
  const config = { issuer: provider.url, clientId, clientSecret, signIn: ['code'], practice: 'demo-clinic' }
  const env = { OIDC_PROVIDERS: JSON.stringify({ 'clinic-login': config }) }
  stack = await startTestStack(env, undefined, port)
  browser = await launchChromium(process.env)
}, 120_000)
afterAll(async () => {
  await browser.close()
  await stack.stop()
  await provider.stop()
})
afterEach(async () => {
  const left = visitors.splice(0)
  await Promise.all(left.map((visitor) => visitor.close()))
  expect(left.flatMap(({ faults }) => faults)).toEqual([])
})

async function visit(): Promise<ConsoleVisitor> {
  const visitor = await visitConsole(browser, stack.baseUrl)
  visitors.push(visitor)
  return visitor
}
function userWith(role: Role) {
  const user = stack.users.find(({ roles }) => roles.includes(role))
  if (!user) throw new Error(`no user with the role ${role}`)
  return user
}
const signInThere = ({ page }: ConsoleVisitor) =>
  page.getByRole('link', { name: 'Sign in with Clinic login' }).click()

test('an account elsewhere opens nothing until an administrator has linked it, and nothing once it is removed', async () => {
  provider.state.person = { sub: 'desk-4711' }
  const desk = await visit()
  await signInThere(desk)
  await desk.see('That account opens nothing here.')
  expect(new URL(desk.page.url()).hash).toBe('')
  expect(await desk.axeFindings()).toEqual([])

  const admin = await visit()
  await admin.typePassword(userWith('admin'))
  await admin.typeCode(userWith('admin').totpSecret)
  for (const [role, subject] of [
    ['front-desk', 'desk-4711'],
    ['operator', 'operator-1'],
  ] as const) {
    await admin.go('Users')
    await admin.page.getByRole('link', { name: userWith(role).email }).click()
    await admin.page.getByLabel('Account there').fill(subject)
    await admin.press('Link it')
    await admin.page.getByRole('cell', { name: subject, exact: true }).waitFor()
  }
  expect(await admin.axeFindings()).toEqual([])

  await signInThere(desk)
  await desk.page.getByRole('heading', { name: /, 20\d\d$/, level: 1 }).waitFor()
  await desk.go('Your account')
  await desk.see('desk-4711')
  await desk.press('Remove Clinic login desk-4711')
  await desk.press('Remove it')
  await desk.page.getByText('desk-4711').first().waitFor({ state: 'detached' })
  await desk.press('Sign out')
  await signInThere(desk)
  await desk.see('That account opens nothing here.')
}, 60_000)

test('who has a second factor here proves it after the other account, too', async () => {
  provider.state.person = { sub: 'operator-1' }
  const operator = await visit()
  await signInThere(operator)
  await operator.see('Confirm it is you')
  await operator.typeCode(userWith('operator').totpSecret)
  await operator.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
})

test('a person links an account elsewhere by being there, and is told where it is somebody else’s', async () => {
  const link = async (visitor: ConsoleVisitor) => {
    await visitor.go('Your account')
    await visitor.press('Link your account at Clinic login')
  }
  provider.state.person = { sub: 'desk-0815' }
  const desk = await visit()
  await desk.typePassword(userWith('front-desk'))
  await link(desk)
  await desk.page.getByRole('cell', { name: 'desk-0815', exact: true }).waitFor()
  expect(new URL(desk.page.url()).hash).toBe('#/account')
  expect(await desk.axeFindings()).toEqual([])
  await desk.press('Sign out')
  await signInThere(desk)
  await desk.page.getByRole('heading', { name: /, 20\d\d$/, level: 1 }).waitFor()

  const other = await visit()
  await other.typePassword(userWith('clinician'))
  await link(other)
  await other.see('That account was not linked')
  await other.see('That account opens somebody else’s here.')
  expect(await other.axeFindings()).toEqual([])
}, 60_000)
