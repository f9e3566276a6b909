import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '#lib/processes/free-port.ts'
import { launchChromium } from '#lib/testing/launch-chromium.ts'
import { type AuthFixture, password, startAuth } from '../testing/auth-fixture.ts'

let auth: AuthFixture
let server: ReturnType<typeof Bun.serve>
let browser: Browser
let page: Page
let authenticator: CDPSession
let authenticatorId: string
let base: string

beforeAll(async () => {
  const port = await freePort()
  base = `http://localhost:${port}`
  auth = await startAuth({ env: { PUBLIC_ORIGINS: base } })
  const blank = () =>
    new Response('<!doctype html><title>Sign in</title>', { headers: { 'Content-Type': 'text/html' } })
  server = Bun.serve({
    port,
    fetch: (request, listener) =>
      new URL(request.url).pathname === '/'
        ? blank()
        : auth.app.fetch(request, { address: listener.requestIP(request)?.address }),
  })
  browser = await launchChromium(process.env)
})
afterAll(async () => {
  await browser.close()
  await server.stop(true)
  await auth.stop()
})
beforeEach(async () => {
  page = await (await browser.newContext()).newPage()
  await page.goto(base)
  authenticator = await page.context().newCDPSession(page)
  await authenticator.send('WebAuthn.enable')
  await plugIn()
})
afterEach(() => page.context().close())

/** A platform authenticator that keeps passkeys and touches itself. */
async function plugIn(isUserVerified = true): Promise<void> {
  const added = await authenticator.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  })
  authenticatorId = added.authenticatorId
}

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & { readonly challengeId?: string; readonly code?: string }
}

/** A request of the page, with its cookie and its origin. */
const call = (path: string, body?: unknown, method = 'POST'): Promise<Answer> =>
  page.evaluate(
    async ([path, method, body]) => {
      const answer = await fetch(path, {
        method,
        ...(body !== '' && { body, headers: { 'Content-Type': 'application/json' } }),
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
    },
    [path, method, body === undefined ? '' : JSON.stringify(body)] as const,
  )

/** What the page's authenticator makes of the options; the name of the error where it refuses. */
const create = (options: unknown): Promise<unknown> =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(json))
    const made = await navigator.credentials.create({ publicKey }).catch((error: Error) => error.name)
    return made instanceof PublicKeyCredential ? made.toJSON() : made
  }, JSON.stringify(options))
const get = (options: unknown): Promise<unknown> =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(json))
    const got = await navigator.credentials.get({ publicKey }).catch((error: Error) => error.name)
    return got instanceof PublicKeyCredential ? got.toJSON() : got
  }, JSON.stringify(options))

const authentication = '/auth/passkeys/authentication'
const assertion = async (more = {}) => get((await call(`${authentication}/options`, more)).body)

/** A user who signed in by password in this page and registered a passkey. */
async function holder() {
  const user = await auth.user()
  expect((await call('/auth/login', { email: user.email, password })).status).toBe(200)
  const options = await call('/auth/passkeys/registration/options')
  const registered = await call('/auth/passkeys/registration/verify', {
    passkey: await create(options.body),
    name: 'This browser',
  })
  expect(registered.status).toBe(200)
  return user
}
const session = async () => (await call('/auth/session', undefined, 'GET')).body

test('a person registers a passkey and signs in with it alone', async () => {
  const { id } = await holder()
  expect(await session()).toMatchObject({ session: { aal: 'aal2' }, user: { id } })
  await call('/auth/logout')
  expect((await call('/auth/session', undefined, 'GET')).status).toBe(401)

  const signedIn = await call(`${authentication}/verify`, { passkey: await assertion() })
  expect(signedIn).toMatchObject({ status: 200, body: { session: { aal: 'aal2' }, user: { id } } })
  expect(await session()).toMatchObject({ user: { id } })
})

test('a password asks for the passkey, which finishes the sign-in and later steps it up', async () => {
  const { email, id } = await holder()
  await call('/auth/logout')
  const asked = await call('/auth/login', { email, password })
  expect(asked.body).toMatchObject({ code: 'mfa-required', methods: ['passkey', 'recoveryCode'] })
  const { challengeId } = asked.body
  const passkey = await assertion({ challengeId })
  expect((await call('/auth/login/mfa', { challengeId, passkey })).status).toBe(200)
  const stepped = await call('/auth/step-up', { passkey: await assertion() })
  expect(stepped).toMatchObject({ status: 200, body: { session: { aal: 'aal2' } } })
  expect(await session()).toMatchObject({ user: { id } })
})

test('an authenticator does not make the same user two passkeys', async () => {
  await holder()
  const options = await call('/auth/passkeys/registration/options')
  expect(await create(options.body)).toBe('InvalidStateError')
})

test('a holder who cannot be verified gets no passkey, and cannot use the one they have', async () => {
  await holder()
  await authenticator.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  expect(await assertion()).toBe('NotAllowedError')
  // A page that asks for less than we do gets an assertion, and we refuse it.
  const { body: options } = await call(`${authentication}/options`, {})
  const passkey = await get({ ...options, userVerification: 'discouraged' })
  expect(await call(`${authentication}/verify`, { passkey })).toMatchObject({
    status: 401,
    body: { code: 'invalid-passkey' },
  })
  expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'invalid-assertion' })
})

test('an answer that is sent again signs in nobody', async () => {
  await holder()
  const passkey = await assertion()
  expect((await call(`${authentication}/verify`, { passkey })).status).toBe(200)
  expect((await call(`${authentication}/verify`, { passkey })).status).toBe(401)
})

test('a page of another host cannot ask for our passkeys', async () => {
  await holder()
  const { body: options } = await call(`${authentication}/options`, {})
  await page.goto(base.replace('localhost', 'other.localhost'))
  expect(await get(options)).toBe('SecurityError')
})

test('a copy of the key is refused once the other has counted on', async () => {
  const { id } = await holder()
  const { credentials } = await authenticator.send('WebAuthn.getCredentials', { authenticatorId })
  const [copy] = credentials
  if (!copy) throw new Error('the authenticator kept no passkey')
  for (let round = 0; round < 2; round += 1)
    expect((await call(`${authentication}/verify`, { passkey: await assertion() })).status).toBe(200)

  await authenticator.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  await plugIn()
  await authenticator.send('WebAuthn.addCredential', { authenticatorId, credential: copy })
  expect((await call(`${authentication}/verify`, { passkey: await assertion() })).status).toBe(401)
  expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'counter-went-back', actor: id })
})
