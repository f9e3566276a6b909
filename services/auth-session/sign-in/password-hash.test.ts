import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { afterEach, expect, test } from 'vitest'
import { type AuthFixture, password, startAuth } from '../testing/auth-fixture.ts'
import { createPasswordHash } from './password-hash.ts'

const [old, young] = [randomBytes(32), randomBytes(32)]
const hasher = (pepper: Buffer, previousPepper?: Buffer) =>
  createPasswordHash({ pepper, previousPepper, concurrency: 1, queueMax: 10 })

let auth: AuthFixture | undefined
afterEach(async () => {
  await auth?.stop()
  auth = undefined
})

test('finds a password right in any normal form, and another wrong', async () => {
  const passwords = await hasher(young)
  const hashed = await passwords.hash('Zu\u0308rich am See')
  expect(await passwords.verify('Z\u00fcrich am See', hashed)).toBe(true)
  expect(await passwords.verify('Zurich am See', hashed)).toBe(false)
  expect(await passwords.verify('Z\u00fcrich am See', undefined)).toBe(false)
  expect(passwords.isOutdated(hashed)).toBe(false)
})

test('takes the previous pepper’s hashes and calls them outdated; a third one’s fit nobody', async () => {
  const hashed = await (await hasher(old)).hash('a good password')
  const both = await hasher(young, old)
  expect([await both.verify('a good password', hashed), both.isOutdated(hashed)]).toEqual([true, true])
  expect(await (await hasher(young)).verify('a good password', hashed)).toBe(false)
})

test('calls a hash of another cost outdated', async () => {
  const passwords = await hasher(young)
  const id = (await passwords.hash('x')).split('$')[0]
  const cheap = await hash('x', { memoryCost: 8_192, timeCost: 1, parallelism: 1 })
  expect(passwords.isOutdated(id + cheap)).toBe(true)
})

test.each(['', '$', 'nonsense', 'cafe0000$argon2id$v=19$m=1,t=1,p=1$x$y'])(
  'fits nobody to the hash “%s”',
  async (hashed) => {
    expect(await (await hasher(young)).verify('x', hashed)).toBe(false)
  },
)

test('a change of pepper locks nobody out, and each sign-in renews its hash', async () => {
  const [before, after] = [old.toString('base64'), young.toString('base64')]
  auth = await startAuth({ env: { PASSWORD_PEPPER: before } })
  const user = await auth.user()
  const bystander = await auth.user()
  const hashOf = async (id: string) => (await auth?.deps.users.find('north', id))?.passwordHash ?? ''
  const first = await hashOf(user.id)

  const changed = await auth.replica({ PASSWORD_PEPPER: after, PASSWORD_PEPPER_PREVIOUS: before })
  const login = (email: string, given: string) =>
    changed.app.request('/auth/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password: given, delivery: 'bearer' }),
    })
  expect((await login(user.email, 'a wrong password')).status).toBe(401)
  expect(await hashOf(user.id)).toBe(first)
  expect((await login(user.email, password)).status).toBe(200)
  expect(await hashOf(user.id)).not.toBe(first)
  expect((await login(user.email, password)).status).toBe(200)

  const settled = await hasher(young)
  expect(await settled.verify(password, await hashOf(user.id))).toBe(true)
  expect(await settled.verify(password, await hashOf(bystander.id))).toBe(false)
})
