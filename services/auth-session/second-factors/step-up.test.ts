import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RenewedSession } from '#lib/contract/second-factors.ts'
import { type AuthFixture, origin, password, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { type SecondFactorDesk, secondFactorDesk } from '../testing/second-factor-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
let desk: SecondFactorDesk
beforeAll(async () => {
  auth = await startAuth({
    loginLimits: {
      account: { freeFailures: 4, firstMs: 60_000, longestMs: 60_000, windowMs: 60_000 },
      address: { freeFailures: 500, firstMs: 200, longestMs: 200, windowMs: 60_000 },
    },
  })
  desk = secondFactorDesk(auth)
})
afterAll(() => auth.stop())

const code = () => codeAt(auth.deps.now())
const stepUp = (token: string, proof: Record<string, unknown>) =>
  desk.send(token, 'POST', '/auth/step-up', proof)
const minutes = 60_000

describe('a step-up', () => {
  test('makes an old proof fresh and gives the session a new token; the old one is refused', async () => {
    const { token } = await desk.person({ totpSecret })
    await desk.age(token, 6 * minutes)
    expect((await desk.send(token, 'POST', '/auth/mfa/recovery-codes')).status).toBe(403)
    const before = (await (await auth.session(token)).json()) as RenewedSession
    const renewed = RenewedSession.parse(await (await stepUp(token, { totp: code() })).json())
    expect((await auth.session(token)).status).toBe(401)
    expect(renewed.session.absoluteExpiresAt).toBe(before.session.absoluteExpiresAt)
    expect((await desk.send(renewed.token ?? '', 'POST', '/auth/mfa/recovery-codes')).status).toBe(200)
  })

  test('leaves a page that names its user at work, and nobody else’s', async () => {
    const { token, id } = await desk.person({ totpSecret })
    const renewed = RenewedSession.parse(await (await stepUp(token, { totp: code() })).json())
    const asked = (user: string) => auth.session(renewed.token ?? '', { 'X-User': user })
    const stranger = await desk.person()
    expect([(await asked(id)).status, (await asked(stranger.id)).status]).toEqual([200, 401])
  })

  test('lifts a session of one factor to two', async () => {
    const { id } = await desk.person({ totpSecret })
    const weak = await desk.weakSession(id)
    const { token = '' } = RenewedSession.parse(await (await stepUp(weak, { totp: code() })).json())
    expect(await (await auth.session(token)).json()).toMatchObject({ session: { aal: 'aal2' } })
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'session.step-up',
      reason: 'totp',
      actor: id,
    })
  })

  test('gives a browser its new token in the cookie only', async () => {
    const { token } = await desk.person({ totpSecret })
    const cookie = { Cookie: `__Host-session=${token}` }
    const foreign = await auth.post('/auth/step-up', { totp: code() }, cookie)
    expect(await problemOf(foreign)).toMatchObject({ code: 'bad-origin' })
    const own = await auth.post('/auth/step-up', { totp: code() }, { ...cookie, Origin: origin })
    expect(await own.json()).not.toHaveProperty('token')
    expect(own.headers.get('Set-Cookie')).toMatch(/^__Host-session=north\./)
  })

  test('by password is enough while there is no second factor, and leaves the level as it is', async () => {
    const { token } = await desk.person()
    await desk.age(token, 6 * minutes)
    const { session, token: fresh = '' } = RenewedSession.parse(
      await (await stepUp(token, { password })).json(),
    )
    expect(session.aal).toBe('aal1')
    expect((await desk.send(fresh, 'POST', '/auth/mfa/totp')).status).toBe(200)
  })

  test('by password is refused once a second factor is enrolled', async () => {
    const { token } = await desk.person({ totpSecret })
    expect(await problemOf(stepUp(token, { password }))).toMatchObject({
      code: 'step-up-required',
      methods: ['totp'],
    })
  })

  test('by the same code at the same time succeeds once', async () => {
    const { id } = await desk.person({ totpSecret })
    const sessions = [await desk.weakSession(id), await desk.weakSession(id)]
    const totp = code()
    const answers = await Promise.all(sessions.map((token) => stepUp(token, { totp })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  })

  test.each([
    ['nothing', {}],
    ['two proofs', { totp: '123456', password }],
    ['something else', { code: '123456' }],
  ])('with %s is refused', async (_, proof) => {
    const { token } = await desk.person()
    expect(await problemOf(stepUp(token, proof))).toMatchObject({ code: 'invalid-request' })
  })

  test('that fails leaves the session as it was, is audited, and makes a guesser wait', async () => {
    const { token, id } = await desk.person({ totpSecret })
    const wrong = codeAt(auth.deps.now() - 3_600_000)
    expect(await problemOf(stepUp(token, { totp: wrong }))).toMatchObject({ code: 'invalid-code' })
    expect((await auth.session(token)).status).toBe(200)
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'mfa.failed',
      actor: id,
      outcome: 'failure',
      reason: 'wrong-code',
    })
    for (let guess = 0; guess < 4; guess += 1) await stepUp(token, { totp: wrong })
    expect(await problemOf(stepUp(token, { totp: code() }))).toMatchObject({ code: 'too-many-requests' })
  })

  test('by a wrong password fails, and 100 of them disable it', async () => {
    const { token, id } = await desk.person()
    expect(await problemOf(stepUp(token, { password: 'not this one' }))).toMatchObject({
      code: 'invalid-credentials',
    })
    await auth.redis.hset(`{p:north}:user:${id}`, 'passwordFailures', '100')
    expect((await stepUp(token, { password })).status).toBe(401)
    expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'authenticator-disabled' })
  })

  test('that cannot be audited ends the session', async () => {
    const { token } = await desk.person({ totpSecret })
    const answer = await desk.withoutAudit(() => stepUp(token, { totp: code() }))
    expect(answer.status).toBe(500)
    expect((await auth.session(token)).status).toBe(401)
  })
})
