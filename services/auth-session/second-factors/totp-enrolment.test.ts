import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RecoveryCodes, TotpEnrolled, TotpEnrolment } from '#lib/contract/second-factors.ts'
import { createMetrics } from '#lib/observability/metrics.ts'
import { createApp } from '../app.ts'
import { type AuthFixture, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { type SecondFactorDesk, secondFactorDesk } from '../testing/second-factor-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
let desk: SecondFactorDesk
beforeAll(async () => {
  auth = await startAuth()
  desk = secondFactorDesk(auth)
})
afterAll(() => auth.stop())

const stepMs = 30_000
const now = () => auth.deps.now()
const begin = async (token: string) =>
  TotpEnrolment.parse(await (await desk.send(token, 'POST', '/auth/mfa/totp')).json())
const verify = (token: string, totp: string) => desk.send(token, 'POST', '/auth/mfa/totp/verify', { totp })

describe('an authenticator app', () => {
  test('is enrolled by its first code, which lifts the session to two factors under a new token', async () => {
    const { email, token } = await desk.person()
    const { secret, otpauthUri } = await begin(token)
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(otpauthUri).toContain(`secret=${secret}`)
    const answer = await verify(token, codeAt(now(), secret))
    expect(answer.status).toBe(200)
    const { recoveryCodes, session, token: renewed = '' } = TotpEnrolled.parse(await answer.json())
    expect(session.aal).toBe('aal2')
    expect(new Set(recoveryCodes).size).toBe(10)
    expect((await auth.session(token)).status).toBe(401)
    expect(await desk.factors(renewed)).toEqual({
      totp: 'enrolled',
      passkeys: [],
      recoveryCodesLeft: 10,
      required: false,
    })
    expect(await problemOf(auth.login(email))).toMatchObject({
      code: 'mfa-required',
      methods: ['totp', 'recoveryCode'],
    })
    expect((await auth.audited()).map(({ action, reason }) => [action, reason]).slice(-2)).toEqual([
      ['totp.enrol', undefined],
      ['session.step-up', 'totp'],
    ])
  })

  test('ends the other sessions, which less had opened', async () => {
    const { token, id } = await desk.person()
    const other = await desk.weakSession(id)
    const { secret } = await begin(token)
    await verify(token, codeAt(now(), secret))
    expect((await auth.session(other)).status).toBe(401)
  })

  test('counts for nothing until its first code is given', async () => {
    const { email, token } = await desk.person()
    await begin(token)
    expect((await auth.login(email)).status).toBe(200)
    expect(await desk.factors(token)).toMatchObject({ totp: 'none', recoveryCodesLeft: 0 })
  })

  test('is not enrolled by a wrong code, and the right one still passes', async () => {
    const { token } = await desk.person()
    const { secret } = await begin(token)
    expect(await problemOf(verify(token, codeAt(now() - 10 * stepMs, secret)))).toMatchObject({
      code: 'invalid-code',
    })
    expect((await verify(token, codeAt(now(), secret))).status).toBe(200)
  })

  test('does not sign in with the code that enrolled it', async () => {
    const { email, token } = await desk.person()
    const { secret } = await begin(token)
    const code = codeAt(now(), secret)
    await verify(token, code)
    const { challengeId = '' } = await problemOf(auth.login(email))
    expect((await auth.mfa(challengeId, code)).status).toBe(401)
    expect((await auth.mfa(challengeId, codeAt(now() + stepMs, secret))).status).toBe(200)
  })

  test('is the last one that was shown, of two enrolments at the same time', async () => {
    const { token } = await desk.person()
    const shown = await Promise.all([begin(token), begin(token)])
    const answers: number[] = []
    for (const { secret } of shown) answers.push((await verify(token, codeAt(now(), secret))).status)
    expect(answers.filter((status) => status === 200)).toHaveLength(1)
  })

  test('is enrolled by exactly one of two verifications at the same time', async () => {
    const { token, id } = await desk.person()
    const { secret } = await begin(token)
    const code = codeAt(now(), secret)
    const answers = await Promise.all([verify(token, code), verify(token, code)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const enrolments = (await auth.audited()).filter(
      ({ action, actor }) => action === 'totp.enrol' && actor === id,
    )
    expect(enrolments).toHaveLength(1)
  })

  test('cannot be verified once the enrolment is over', async () => {
    const { token } = await desk.person()
    expect(await problemOf(verify(token, '123456'))).toMatchObject({ code: 'enrolment-gone' })
  })

  test('is replaced only by who proves a second factor, and the old one holds until then', async () => {
    const person = await desk.person({ totpSecret })
    const weak = await desk.weakSession(person.id)
    expect(await problemOf(desk.send(weak, 'POST', '/auth/mfa/totp'))).toMatchObject({
      code: 'step-up-required',
      needs: { aal: 'aal2' },
    })
    const { secret } = await begin(person.token)
    expect((await verify(person.token, codeAt(now(), secret))).status).toBe(200)
    auth.clock.advance(stepMs)
    const { challengeId = '' } = await problemOf(auth.login(person.email))
    expect((await auth.mfa(challengeId, codeAt(now()))).status).toBe(401)
    expect((await auth.mfa(challengeId, codeAt(now(), secret))).status).toBe(200)
  })

  test('needs a proof of the last minutes', async () => {
    const { token } = await desk.person()
    await desk.age(token, 6 * 60_000)
    expect(await problemOf(desk.send(token, 'POST', '/auth/mfa/totp'))).toMatchObject({
      code: 'step-up-required',
      needs: { freshMs: 300_000 },
    })
  })

  test('stays unenrolled where the audit log cannot be written', async () => {
    const { token } = await desk.person()
    const { secret } = await begin(token)
    const answer = await desk.withoutAudit(() => verify(token, codeAt(now(), secret)))
    expect(answer.status).toBe(500)
    expect(await desk.factors(token)).toMatchObject({ totp: 'none', recoveryCodesLeft: 0 })
  })
})

test('an enrolment that is cut off after it was recorded is begun again', async () => {
  const { token } = await desk.person()
  const { secret } = await begin(token)
  const cut = createApp({
    ...auth.deps,
    metrics: createMetrics('cut-off'),
    touches: () => true,
    totpEnrolments: { ...auth.deps.totpEnrolments, complete: () => Promise.reject(new Error('cut off')) },
  })
  const answer = await cut.request('/auth/mfa/totp/verify', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ totp: codeAt(now(), secret) }),
  })
  expect(answer.status).toBe(500)
  expect((await auth.audited()).at(-1)).toMatchObject({ action: 'totp.enrol', outcome: 'failure' })
  expect(await desk.factors(token)).toMatchObject({ totp: 'none' })
  const again = await begin(token)
  expect((await verify(token, codeAt(now(), again.secret))).status).toBe(200)
})

describe('removing the app', () => {
  test('leaves a user without a second factor and without recovery codes', async () => {
    const { token, email } = await desk.person({ totpSecret })
    await desk.send(token, 'POST', '/auth/mfa/recovery-codes')
    expect((await desk.send(token, 'DELETE', '/auth/mfa/totp')).status).toBe(204)
    expect(await desk.factors(token)).toMatchObject({ totp: 'none', recoveryCodesLeft: 0 })
    expect((await auth.login(email)).status).toBe(200)
    expect((await desk.send(token, 'DELETE', '/auth/mfa/totp')).status).toBe(404)
    expect((await desk.send(token, 'POST', '/auth/mfa/recovery-codes')).status).toBe(404)
  })

  test('is refused to a session of one factor, and to an old proof', async () => {
    const { token, id } = await desk.person({ totpSecret })
    const weak = await desk.weakSession(id)
    expect((await desk.send(weak, 'DELETE', '/auth/mfa/totp')).status).toBe(403)
    await desk.age(token, 6 * 60_000)
    expect((await desk.send(token, 'DELETE', '/auth/mfa/totp')).status).toBe(403)
    expect(await desk.factors(token)).toMatchObject({ totp: 'enrolled' })
  })

  test('is refused where a role demands a second factor and it is the last', async () => {
    const { token } = await desk.person({ totpSecret, roles: ['auditor'] })
    expect(await problemOf(desk.send(token, 'DELETE', '/auth/mfa/totp'))).toMatchObject({
      code: 'second-factor-required',
    })
    expect(await desk.factors(token)).toMatchObject({ totp: 'enrolled', required: true })
    expect((await auth.audited()).at(-1)).toMatchObject({ action: 'totp.remove', outcome: 'failure' })
  })
})

describe('a recovery code', () => {
  const withCodes = async () => {
    const person = await desk.person({ totpSecret })
    const answer = await desk.send(person.token, 'POST', '/auth/mfa/recovery-codes')
    const { recoveryCodes } = RecoveryCodes.parse(await answer.json())
    const [first = '', second = ''] = recoveryCodes
    return { ...person, first, second, recoveryCodes }
  }
  const recover = async (email: string, recoveryCode: string) => {
    const { challengeId } = await problemOf(auth.login(email))
    return auth.post('/auth/login/mfa', { challengeId, recoveryCode, delivery: 'bearer' })
  }

  test('has 125 bits in five groups, and ten are given at a time', async () => {
    const { recoveryCodes } = await withCodes()
    expect(new Set(recoveryCodes).size).toBe(10)
    for (const code of recoveryCodes)
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/)
  })

  test('signs in once, at the level of two factors, however it is typed', async () => {
    const { email, first, token } = await withCodes()
    const typed = ` ${first.toLowerCase().replaceAll('-', ' ').replaceAll('1', 'l').replaceAll('0', 'o')} `
    const signedIn = await tokenOf(recover(email, typed))
    expect(await (await auth.session(signedIn)).json()).toMatchObject({ session: { aal: 'aal2' } })
    expect(await problemOf(recover(email, first))).toMatchObject({ code: 'invalid-code' })
    expect(await desk.factors(token)).toMatchObject({ recoveryCodesLeft: 9 })
    expect(await auth.audited()).toContainEqual(
      expect.objectContaining({ action: 'session.login', reason: 'recovery-code' }),
    )
  })

  test('used by ten sign-ins at the same time lets one in', async () => {
    const { email, first } = await withCodes()
    const answers = await Promise.all(Array.from({ length: 10 }, () => recover(email, first)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('of another user, or of an earlier set, is worth nothing', async () => {
    const [one, other] = [await withCodes(), await withCodes()]
    expect((await recover(one.email, other.first)).status).toBe(401)
    await desk.send(one.token, 'POST', '/auth/mfa/recovery-codes')
    expect((await recover(one.email, one.first)).status).toBe(401)
  })

  test('works where the app was disabled by wrong guesses', async () => {
    const { email, id, first } = await withCodes()
    await auth.redis.hset(`{p:north}:user:${id}`, 'totpFailures', '100')
    const token = await tokenOf(recover(email, first))
    expect(await desk.factors(token)).toMatchObject({ totp: 'disabled' })
  })
})

test('neither seed nor code is found in Redis', async () => {
  const { token } = await desk.person()
  const { secret } = await begin(token)
  const pending = await desk.dump()
  const answer = TotpEnrolled.parse(await (await verify(token, codeAt(now(), secret))).json())
  const text = `${pending}${await desk.dump()}`
  expect(text).toContain('{p:north}:recovery-codes:')
  expect(text).not.toContain(secret)
  for (const code of answer.recoveryCodes)
    for (const form of [code, code.replaceAll('-', '')]) expect(text).not.toContain(form)
  expect(auth.lines.join('')).not.toContain(secret)
})
