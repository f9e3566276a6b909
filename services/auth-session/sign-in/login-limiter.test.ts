import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { type AuthFixture, password, problemOf, startAuth } from '../testing/auth-fixture.ts'

let auth: AuthFixture
/** Longer than a starved machine takes from one attempt to the next. */
const firstMs = 1_000
beforeAll(async () => {
  auth = await startAuth({
    loginLimits: {
      account: { freeFailures: 3, firstMs, longestMs: 60_000, windowMs: 3_600_000 },
      address: { freeFailures: 6, firstMs, longestMs: 60_000, windowMs: 900_000 },
    },
  })
})
afterAll(() => auth.stop())

let addresses = 0
const somewhere = () => `198.51.100.${++addresses}`
const from = (address: string, email: string, given: string) =>
  auth.post('/auth/login', { email, password: given, delivery: 'bearer' }, {}, address)
const fail = async (email: string, times: number, address?: string) => {
  for (let n = 0; n < times; n += 1) await from(address ?? somewhere(), email, 'wrong password')
}
const untilAdmitted = (email: string) =>
  until('the wait is over', async () => (await from(somewhere(), email, password)).status === 200)

describe('an account', () => {
  test('waits after its free failures, right password or not, and is told how long', async () => {
    const { email } = await auth.user()
    await fail(email, 3)
    const response = await from(somewhere(), email, password)
    expect(response.status).toBe(429)
    expect(await problemOf(response)).toMatchObject({ code: 'too-many-requests' })
    expect(response.headers.get('Retry-After')).toBe('1')
    expect(response.headers.get('RateLimit-Policy')).toBe('"account";q=3;w=3600')
    expect(response.headers.get('RateLimit')).toBe('"account";r=0;t=1')
    await untilAdmitted(email)
  })

  test('waits whether it exists or not', async () => {
    await fail('nobody@clinic.example', 3)
    expect((await from(somewhere(), 'nobody@clinic.example', password)).status).toBe(429)
  })

  test('of one practice is not kept waiting, nor forgiven, by what happens to the address’s account in another', async () => {
    const here = await auth.user()
    const anotherOne = 'another one entirely'
    const there = await auth.user({
      email: here.email,
      practiceId: 'south',
      password: anotherOne,
    })
    const inSouth = (given: string) =>
      auth.post(
        '/auth/login',
        { email: there.email, password: given, practiceId: 'south', delivery: 'bearer' },
        {},
        somewhere(),
      )
    await fail(here.email, 2)
    expect((await inSouth(anotherOne)).status).toBe(200)
    await fail(here.email, 1)
    expect((await from(somewhere(), here.email, password)).status).toBe(429)
    expect((await inSouth(anotherOne)).status).toBe(200)
  })

  test('gives no further guesses to who names the practice, and then does not', async () => {
    const { email, practiceId } = await auth.user()
    await fail(email, 2)
    const naming = { email, practiceId, password: 'wrong password', delivery: 'bearer' }
    expect((await auth.post('/auth/login', naming, {}, somewhere())).status).toBe(401)
    expect((await from(somewhere(), email, password)).status).toBe(429)
  })

  test('waits twice as long after each further failure', async () => {
    const { email, practiceId } = await auth.user()
    const key = `attempts:${auth.deps.index.account(email, practiceId)}`
    const waits = []
    for (let n = 0; n < 3; n += 1) {
      await until('the attempt counts', async () => {
        return (await from(somewhere(), email, 'wrong password')).status === 401
      })
    }
    waits.push(Number(await auth.redis.hget(key, 'blockedUntil')) - Date.now())
    await until('the next failure counts', async () => {
      return (await from(somewhere(), email, 'wrong password')).status === 401
    })
    waits.push(Number(await auth.redis.hget(key, 'blockedUntil')) - Date.now())
    expect(waits[0]).toBeLessThanOrEqual(firstMs)
    expect(waits[1]).toBeGreaterThan(firstMs)
    expect(waits[1]).toBeLessThanOrEqual(2 * firstMs)
  })

  test('is forgiven its failures by a sign-in', async () => {
    const { email } = await auth.user()
    await fail(email, 2)
    expect((await from(somewhere(), email, password)).status).toBe(200)
    await fail(email, 2)
    expect((await from(somewhere(), email, password)).status).toBe(200)
  })

  test('gives no more guesses to many callers at once than to one', async () => {
    // A wait that no slow machine outlasts.
    const back = { freeFailures: 3, firstMs: 60_000, longestMs: 60_000, windowMs: 3_600_000 }
    const patient = await startAuth({
      loginLimits: { account: back, address: { ...back, freeFailures: 100 } },
    })
    try {
      const { email } = await patient.user()
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => patient.login(email, 'wrong password')),
      )
      expect(answers.filter((answer) => answer.status === 401)).toHaveLength(3)
      expect(answers.filter((answer) => answer.status === 429)).toHaveLength(9)
    } finally {
      await patient.stop()
    }
  })

  test('signs in as often at once as its owner likes', async () => {
    const { email } = await auth.user()
    const answers = await Promise.all(Array.from({ length: 12 }, () => from(somewhere(), email, password)))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
  })

  test('has its password disabled by 100 consecutive failures, and a success starts the count anew', async () => {
    const user = await auth.user()
    const key = `{p:north}:user:${user.id}`
    await auth.redis.hset(key, 'passwordFailures', '98')
    await fail(user.email, 1)
    expect((await from(somewhere(), user.email, password)).status).toBe(200)
    expect(await auth.redis.hget(key, 'passwordFailures')).toBeNull()

    await auth.redis.hset(key, 'passwordFailures', '99')
    await fail(user.email, 1)
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'authenticator-disabled' })
    const refused = await from(somewhere(), user.email, password)
    expect(refused.status).toBe(401)
    expect(await problemOf(refused)).toMatchObject({ code: 'invalid-credentials' })
  })
})

describe('an address', () => {
  test('waits after failures at many accounts, and other addresses do not', async () => {
    const address = somewhere()
    const { email } = await auth.user()
    for (let n = 0; n < 6; n += 1) await fail(`guess${n}@clinic.example`, 1, address)
    const response = await from(address, email, password)
    expect(response.status).toBe(429)
    expect(response.headers.get('RateLimit-Policy')).toBe('"address";q=6;w=900')
    expect((await from(somewhere(), email, password)).status).toBe(200)
  })

  test('keeps its failures through a sign-in of its own', async () => {
    const address = somewhere()
    const { email } = await auth.user()
    for (let n = 0; n < 5; n += 1) await fail(`other${n}@clinic.example`, 1, address)
    expect((await from(address, email, password)).status).toBe(200)
    await fail('other5@clinic.example', 1, address)
    expect((await from(address, email, password)).status).toBe(429)
  })
})

test('every counter expires, and names neither account nor address', async () => {
  await fail('nobody@clinic.example', 1, '203.0.113.99')
  const keys = await auth.redis.keys('attempts:*')
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) {
    expect(key).toMatch(/^attempts:[0-9a-f]{64}$/)
    expect(await auth.redis.pttl(key)).toBeGreaterThan(0)
  }
})
