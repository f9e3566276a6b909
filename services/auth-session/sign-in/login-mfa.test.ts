import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LoginAnswer } from '#lib/contract/session.ts'
import { until } from '#lib/processes/wait.ts'
import { type AuthFixture, origin, password, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth({
    challengeLimits: { lifeMs: 3_000, triesMax: 3 },
    loginLimits: {
      account: { freeFailures: 50, firstMs: 200, longestMs: 200, windowMs: 60_000 },
      address: { freeFailures: 500, firstMs: 200, longestMs: 200, windowMs: 60_000 },
    },
  })
})
afterAll(() => auth.stop())

const stepMs = 30_000
const code = (steps = 0) => codeAt(auth.deps.now() + steps * stepMs)
const wrongCode = () => String((Number(code()) + 1) % 1_000_000).padStart(6, '0')
const enrolled = () => auth.user({ totpSecret })

async function challengeFor(email: string): Promise<string> {
  const problem = await problemOf(auth.login(email))
  if (problem.challengeId === undefined) throw new Error(`no challenge: ${problem.code}`)
  return problem.challengeId
}

describe('a right password of a user with a second factor', () => {
  test('opens a challenge and no session', async () => {
    const { email, id } = await enrolled()
    const response = await auth.login(email)
    expect(response.status).toBe(401)
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ code: 'mfa-required', methods: ['totp'] })
    expect(problem.challengeId).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(await auth.redis.exists(`{p:north}:sessions:${id}`)).toBe(0)
  })

  test('and a right code give a session of two factors', async () => {
    const { email } = await enrolled()
    const response = await auth.mfa(await challengeFor(email), code())
    expect(response.status).toBe(200)
    const answer = LoginAnswer.parse(await response.json())
    expect(answer.session.aal).toBe('aal2')
    const asked = await auth.session(answer.token ?? '')
    expect(await asked.json()).toMatchObject({ session: { aal: 'aal2' } })
  })

  test('gives a browser the cookie after the second step', async () => {
    const { email } = await enrolled()
    const first = await auth.post('/auth/login', { email, password }, { Origin: origin })
    expect(first.headers.get('Set-Cookie')).toBeNull()
    const { challengeId } = await problemOf(first)
    const foreign = await auth.post(
      '/auth/login/mfa',
      { challengeId, totp: code() },
      { Origin: 'https://evil.example' },
    )
    expect(foreign.status).toBe(403)
    const own = await auth.post('/auth/login/mfa', { challengeId, totp: code() }, { Origin: origin })
    expect(own.headers.get('Set-Cookie')).toMatch(/^__Host-session=/)
  })
})

describe('a code', () => {
  test.each([-1, 0, 1])('passes at step %i from now', async (steps) => {
    const { email } = await enrolled()
    expect((await auth.mfa(await challengeFor(email), code(steps))).status).toBe(200)
  })

  test.each([-2, 2])('is refused at step %i from now', async (steps) => {
    const { email } = await enrolled()
    expect((await auth.mfa(await challengeFor(email), code(steps))).status).toBe(401)
  })

  test('signs in once: neither it nor an older one passes again', async () => {
    const { email } = await enrolled()
    expect((await auth.mfa(await challengeFor(email), code())).status).toBe(200)
    const next = await challengeFor(email)
    expect(await problemOf(auth.mfa(next, code()))).toMatchObject({ code: 'invalid-code' })
    expect((await auth.mfa(next, code(-1))).status).toBe(401)
    expect((await auth.audited()).at(-1)).toMatchObject({ action: 'mfa.failed', reason: 'code-reused' })
    expect((await auth.mfa(next, code(1))).status).toBe(200)
  })

  test('used twice at the same time signs in exactly once', async () => {
    const { email } = await enrolled()
    const challenges = [await challengeFor(email), await challengeFor(email)]
    const answers = await Promise.all(challenges.map((challenge) => auth.mfa(challenge, code())))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401])
  })

  test('that is wrong is audited', async () => {
    const { email, id } = await enrolled()
    await auth.mfa(await challengeFor(email), wrongCode())
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'mfa.failed',
      actor: id,
      outcome: 'failure',
      reason: 'wrong-code',
    })
  })
})

describe('a second step', () => {
  test.each([
    ['no proof', {}],
    ['two proofs', { totp: '123456', recoveryCode: 'x'.repeat(29) }],
    ['a password as proof', { password }],
  ])('with %s is refused before it takes a try', async (_, proof) => {
    const { email } = await enrolled()
    const challengeId = await challengeFor(email)
    const answer = await auth.post('/auth/login/mfa', { challengeId, ...proof })
    expect(answer.status).toBe(422)
    expect((await auth.mfa(challengeId, code())).status).toBe(200)
  })
})

describe('a challenge', () => {
  test('is used up by the session it gave', async () => {
    const { email } = await enrolled()
    const challenge = await challengeFor(email)
    const answers = await Promise.all([auth.mfa(challenge, code()), auth.mfa(challenge, code(1))])
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    auth.clock.advance(2 * stepMs)
    expect((await auth.mfa(challenge, code())).status).toBe(401)
  })

  test('allows its number of tries and then says to start again', async () => {
    const { email } = await enrolled()
    const challenge = await challengeFor(email)
    expect((await problemOf(auth.mfa(challenge, wrongCode()))).detail).toBeUndefined()
    await auth.mfa(challenge, wrongCode())
    expect((await problemOf(auth.mfa(challenge, wrongCode()))).detail).toMatch(/start again/i)
    expect(await problemOf(auth.mfa(challenge, code()))).toMatchObject({ code: 'invalid-code' })
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'challenge-gone' })
    expect((await auth.mfa(challenge, code())).status).toBe(401)
  })

  test('expires', async () => {
    const { email } = await enrolled()
    const challenge = await challengeFor(email)
    await until('no challenge is left', async () => (await auth.redis.keys('challenge:*')).length === 0)
    expect(await problemOf(auth.mfa(challenge, code()))).toMatchObject({ code: 'invalid-code' })
    expect((await auth.audited('unknown')).at(-1)).toMatchObject({
      action: 'mfa.failed',
      reason: 'challenge-gone',
    })
  })

  test('gives nothing to a user who was disabled meanwhile', async () => {
    const { email, id } = await enrolled()
    const challenge = await challengeFor(email)
    await auth.redis.hset(`{p:north}:access:${id}`, 'disabled', '1')
    expect((await auth.mfa(challenge, code())).status).toBe(401)
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'user-disabled' })
  })
})

test('100 consecutive wrong codes disable the second factor', async () => {
  const { email, id } = await enrolled()
  await auth.redis.hset(`{p:north}:user:${id}`, 'totpFailures', '99')
  await auth.mfa(await challengeFor(email), wrongCode())
  expect((await auth.mfa(await challengeFor(email), code())).status).toBe(401)
  expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'authenticator-disabled' })
})
