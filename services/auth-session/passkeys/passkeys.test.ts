import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PasskeyRegistered, type PasskeyView } from '#lib/contract/second-factors.ts'
import { LoginAnswer } from '#lib/contract/session.ts'
import { type AuthFixture, origin, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { type SecondFactorDesk, secondFactorDesk } from '../testing/second-factor-desk.ts'
import { type SoftwarePasskey, softwarePasskey } from '../testing/software-passkey.ts'
import { totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
let desk: SecondFactorDesk
beforeAll(async () => {
  auth = await startAuth({
    loginLimits: {
      account: { freeFailures: 500, firstMs: 200, longestMs: 200, windowMs: 60_000 },
      address: { freeFailures: 500, firstMs: 200, longestMs: 200, windowMs: 60_000 },
    },
  })
  desk = secondFactorDesk(auth)
})
afterAll(() => auth.stop())

const here = { origin, relyingPartyId: 'clinic.example' }
const registration = '/auth/passkeys/registration'
const authentication = '/auth/passkeys/authentication'

interface Options {
  readonly challenge: string
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string; readonly name: string }
  readonly excludeCredentials: { readonly id: string }[]
  readonly allowCredentials: { readonly id: string }[]
  readonly authenticatorSelection: Record<string, unknown>
  readonly userVerification: string
}
const creation = async (token: string) =>
  (await (await desk.send(token, 'POST', `${registration}/options`)).json()) as Options
const request = async (more = {}) =>
  (await (await auth.post(`${authentication}/options`, more)).json()) as Options
const register = (token: string, passkey: unknown, name = 'Front desk key') =>
  desk.send(token, 'POST', `${registration}/verify`, { passkey, name })
const signIn = (passkey: unknown) => auth.post(`${authentication}/verify`, { passkey, delivery: 'bearer' })
const lastReason = async (practiceId = 'north') => {
  const { action, reason } = (await auth.audited(practiceId)).at(-1) ?? {}
  return [action, reason]
}

/** A user with a passkey, registered in the open way. */
async function holder(wanted: Parameters<SecondFactorDesk['person']>[0] = {}) {
  const person = await desk.person(wanted)
  const options = await creation(person.token)
  const passkey = softwarePasskey(here, options.user.id)
  const answer = PasskeyRegistered.parse(await (await register(person.token, passkey.create(options))).json())
  return { ...person, passkey, registered: answer.passkey, token: answer.token ?? '', answer }
}

describe('registering a passkey', () => {
  test('asks for one that is kept on the authenticator and verifies its holder', async () => {
    const { token, email } = await desk.person()
    expect(await creation(token)).toMatchObject({
      rp: { id: 'clinic.example' },
      user: { name: email },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [],
    })
  })

  test('lifts the session to two factors, and gives recovery codes with the first factor only', async () => {
    const { answer, token, id } = await holder()
    expect(answer.session.aal).toBe('aal2')
    expect(answer.recoveryCodes).toHaveLength(10)
    const options = await creation(token)
    expect(options.excludeCredentials).toHaveLength(1)
    const second = softwarePasskey(here, options.user.id)
    const more = PasskeyRegistered.parse(await (await register(token, second.create(options))).json())
    expect(more.recoveryCodes).toBeUndefined()
    expect(await auth.audited()).toContainEqual(
      expect.objectContaining({
        action: 'passkey.register',
        actor: id,
        entity: `Passkey/${more.passkey.id}`,
      }),
    )
  })

  test('ends the other sessions with the first factor only', async () => {
    const { token, id } = await desk.person()
    const before = await desk.weakSession(id)
    const options = await creation(token)
    const made = softwarePasskey(here, options.user.id).create(options)
    const { token: strong = '' } = PasskeyRegistered.parse(await (await register(token, made)).json())
    expect((await auth.session(before)).status).toBe(401)
    const beside = await desk.weakSession(id)
    const again = await creation(strong)
    await register(strong, softwarePasskey(here, again.user.id).create(again))
    expect((await auth.session(beside)).status).toBe(200)
  })

  test('needs a second factor where there is one, and a fresh proof', async () => {
    const { id, token } = await desk.person({ totpSecret })
    const weak = await desk.weakSession(id)
    expect((await desk.send(weak, 'POST', `${registration}/options`)).status).toBe(403)
    await desk.age(token, 6 * 60_000)
    expect((await desk.send(token, 'POST', `${registration}/options`)).status).toBe(403)
  })

  test('is asked for without a body, too', async () => {
    const { passkey, id } = await holder()
    const asked = await auth.app.request(`${authentication}/options`, { method: 'POST' })
    const answer = await signIn(passkey.get((await asked.json()) as Options))
    expect(await answer.json()).toMatchObject({ user: { id } })
  })

  test.each([
    ['a holder who was not verified', { verified: false }],
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['another relying party', { relyingPartyId: 'evil.example' }],
    ['an assertion in its place', { type: 'webauthn.get' }],
  ])('refuses %s', async (_, lies) => {
    const { token } = await desk.person()
    const options = await creation(token)
    const passkey = softwarePasskey(here, options.user.id)
    expect(await problemOf(register(token, passkey.create(options, lies)))).toMatchObject({
      code: 'invalid-passkey',
    })
    expect(await desk.factors(token)).toMatchObject({ passkeys: [], recoveryCodesLeft: 0 })
  })

  test('takes a challenge once, from the user it was made for, and for nothing else', async () => {
    const [one, other] = [await desk.person(), await desk.person()]
    const options = await creation(one.token)
    const passkey = softwarePasskey(here, options.user.id)
    expect((await register(other.token, passkey.create(options))).status).toBe(401)
    expect((await register(one.token, passkey.create(options))).status).toBe(401)
    expect((await register(one.token, passkey.create(await request()))).status).toBe(401)
    expect((await register(one.token, passkey.create({ challenge: 'bm9uZQ' }))).status).toBe(401)
  })

  test('twice at the same time with one challenge keeps one', async () => {
    const { token, id } = await desk.person()
    const options = await creation(token)
    const made = softwarePasskey(here, options.user.id).create(options)
    const answers = await Promise.all([register(token, made), register(token, made)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await auth.redis.hlen(`{p:north}:passkeys:${id}`)).toBe(1)
  })

  test('never replaces a passkey by another under the same credential id', async () => {
    const { token, passkey } = await holder()
    const again = passkey.create(await creation(token))
    expect(await problemOf(register(token, again))).toMatchObject({ code: 'passkey-refused' })
  })

  test('stops at twenty', async () => {
    const { token, id } = await holder()
    for (let n = 1; n < 20; n += 1) await auth.redis.hset(`{p:north}:passkeys:${id}`, `filler-${n}`, 'x')
    const passkey = softwarePasskey(here, 'AAAA')
    const challenge = 'c3R1ZmZlZA'
    await auth.deps.passkeyChallenges.open(challenge, 'clinic.example', { practiceId: 'north', userId: id })
    expect(await problemOf(register(token, passkey.create({ challenge })))).toMatchObject({
      code: 'passkey-refused',
    })
  })

  test('keeps nothing where the audit log cannot be written', async () => {
    const { token } = await desk.person()
    const options = await creation(token)
    const made = softwarePasskey(here, options.user.id).create(options)
    expect((await desk.withoutAudit(() => register(token, made))).status).toBe(500)
    expect(await desk.factors(token)).toMatchObject({ passkeys: [] })
  })
})

describe('a passkey alone', () => {
  test('signs in at the level of two factors, without a name or a password', async () => {
    const { passkey, id } = await holder()
    const options = await request()
    expect(options.userVerification).toBe('required')
    expect(options.allowCredentials).toEqual([])
    const answer = LoginAnswer.parse(await (await signIn(passkey.get(options))).json())
    expect(answer).toMatchObject({ session: { aal: 'aal2' }, user: { id } })
    const [used] = (await desk.factors(answer.token ?? '')).passkeys
    expect(used?.lastUsedAt).toBeDefined()
    expect(await auth.audited()).toContainEqual(
      expect.objectContaining({ action: 'session.login', reason: 'passkey', actor: id }),
    )
    const metrics = await (await auth.app.request('/metrics')).text()
    expect(metrics).toMatch(/auth_logins_total\{[^}]*step="passkey"[^}]*outcome="success"[^}]*\} [1-9]/)
  })

  test.each([
    ['a holder who was not verified', { verified: false }],
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['another relying party', { relyingPartyId: 'evil.example' }],
    ['an attestation in its place', { type: 'webauthn.create' }],
  ])('is refused for %s, and audited', async (_, lies) => {
    const { passkey } = await holder()
    expect(await problemOf(signIn(passkey.get(await request(), lies)))).toMatchObject({
      code: 'invalid-passkey',
    })
    expect(await lastReason()).toEqual(['session.login-failed', 'invalid-assertion'])
  })

  test('is refused where the signature is another key’s', async () => {
    const { passkey } = await holder()
    const assertion = passkey.get(await request())
    const { signature } = passkey.get({ challenge: 'b3RoZXI' }).response
    expect((await signIn({ ...assertion, response: { ...assertion.response, signature } })).status).toBe(401)
  })

  test('is refused when its answer is sent again', async () => {
    const { passkey } = await holder()
    const assertion = passkey.get(await request())
    expect((await signIn(assertion)).status).toBe(200)
    expect((await signIn(assertion)).status).toBe(401)
    expect(await lastReason()).toEqual(['session.login-failed', 'challenge-gone'])
  })

  test('signs in once with one answer that is sent ten times at once', async () => {
    const { passkey } = await holder()
    const assertion = passkey.get(await request())
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(assertion)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('is refused and audited when its counter goes back, as a copy’s does', async () => {
    const { passkey } = await holder()
    expect((await signIn(passkey.get(await request(), { counter: 9 }))).status).toBe(200)
    for (const counter of [9, 8, 0])
      expect((await signIn(passkey.get(await request(), { counter }))).status).toBe(401)
    expect(await lastReason()).toEqual(['session.login-failed', 'counter-went-back'])
    expect((await signIn(passkey.get(await request(), { counter: 10 }))).status).toBe(200)
  })

  test('whose two copies say the same count at the same time gets one in', async () => {
    const { passkey } = await holder()
    const assertions = [await request(), await request()].map((options) =>
      passkey.get(options, { counter: 5 }),
    )
    const answers = await Promise.all(assertions.map(signIn))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  })

  test('that counts nothing signs in again and again', async () => {
    const { passkey } = await holder()
    for (let round = 0; round < 3; round += 1)
      expect((await signIn(passkey.get(await request(), { counter: 0 }))).status).toBe(200)
  })

  test('signs nobody else in, whatever its answer claims', async () => {
    const [one, other] = [await holder(), await holder()]
    const assertion = one.passkey.get(await request())
    const { userHandle } = other.passkey.get({ challenge: 'b3RoZXI' }).response
    expect((await signIn({ ...assertion, response: { ...assertion.response, userHandle } })).status).toBe(401)
    const nobody = { ...assertion.response, userHandle: 'AAAA' }
    expect((await signIn({ ...assertion, response: nobody })).status).toBe(401)
    expect(await lastReason('unknown')).toEqual(['session.login-failed', 'challenge-gone'])
  })

  test('of a disabled user, or removed meanwhile, is refused', async () => {
    const { passkey, id, token, registered } = await holder()
    const waiting = passkey.get(await request())
    await auth.redis.hset(`{p:north}:access:${id}`, 'disabled', '1')
    expect((await signIn(waiting)).status).toBe(401)
    expect(await lastReason()).toEqual(['session.login-failed', 'user-disabled'])
    await auth.redis.hset(`{p:north}:access:${id}`, 'disabled', '0')
    expect((await desk.send(token, 'DELETE', `/auth/passkeys/${registered.id}`)).status).toBe(204)
    expect((await signIn(passkey.get(await request()))).status).toBe(401)
    expect(await lastReason()).toEqual(['session.login-failed', 'unknown-passkey'])
  })

  test('is not asked for, nor taken, from a foreign page', async () => {
    const { passkey } = await holder()
    const foreign = { Origin: 'https://evil.example' }
    expect((await auth.post(`${authentication}/options`, {}, foreign)).status).toBe(403)
    const body = { passkey: passkey.get(await request()) }
    expect((await auth.post(`${authentication}/verify`, body, foreign)).status).toBe(403)
    expect((await auth.post(`${authentication}/verify`, body, { Origin: origin })).status).toBe(200)
  })
})

describe('a passkey as second factor', () => {
  const challengeOf = async (email: string) => {
    const { challengeId, methods } = await problemOf(auth.login(email))
    return { challengeId, methods }
  }
  const finish = (challengeId: string | undefined, passkey: unknown) =>
    auth.post('/auth/login/mfa', { challengeId, passkey, delivery: 'bearer' })
  const answerTo = async (passkey: SoftwarePasskey, challengeId: string | undefined) =>
    passkey.get(await request({ challengeId }))

  test('finishes a sign-in whose password was right, and is named by its options', async () => {
    const { email, passkey } = await holder()
    const { challengeId, methods } = await challengeOf(email)
    expect(methods).toEqual(['passkey', 'recoveryCode'])
    expect((await request({ challengeId })).allowCredentials).toMatchObject([{ id: passkey.credentialId }])
    expect((await finish(challengeId, await answerTo(passkey, challengeId))).status).toBe(200)
  })

  test('of somebody else does not', async () => {
    const [one, other] = [await holder(), await holder()]
    const { challengeId } = await challengeOf(one.email)
    expect(await problemOf(finish(challengeId, await answerTo(other.passkey, challengeId)))).toMatchObject({
      code: 'invalid-passkey',
    })
    expect(await lastReason()).toEqual(['mfa.failed', 'unknown-passkey'])
  })

  test('steps a session up', async () => {
    const { id, passkey } = await holder()
    const weak = await desk.weakSession(id)
    const answer = await desk.send(weak, 'POST', '/auth/step-up', { passkey: passkey.get(await request()) })
    expect(await answer.json()).toMatchObject({ session: { aal: 'aal2' } })
  })
})

describe('one’s own passkeys', () => {
  const list = async (token: string) =>
    ((await (await desk.send(token, 'GET', '/auth/passkeys')).json()) as { passkeys: PasskeyView[] }).passkeys
  const rename = (token: string, id: string, name: string) =>
    desk.send(token, 'PATCH', `/auth/passkeys/${id}`, { name })

  test('are listed, renamed and removed by their owner', async () => {
    const { token, registered } = await holder()
    expect(await list(token)).toMatchObject([{ id: registered.id, name: 'Front desk key', synced: false }])
    expect((await rename(token, registered.id, 'Blue key')).status).toBe(204)
    expect(await list(token)).toMatchObject([{ name: 'Blue key' }])
    expect((await desk.send(token, 'DELETE', `/auth/passkeys/${registered.id}`)).status).toBe(204)
    expect(await list(token)).toEqual([])
    expect(await desk.factors(token)).toMatchObject({ recoveryCodesLeft: 0 })
  })

  test('are nothing to anybody else', async () => {
    const [one, other] = [await holder(), await holder()]
    expect((await rename(other.token, one.registered.id, 'Mine')).status).toBe(404)
    expect((await desk.send(other.token, 'DELETE', `/auth/passkeys/${one.registered.id}`)).status).toBe(404)
    expect(await list(one.token)).toHaveLength(1)
  })

  test('cannot come back by a renaming that runs beside the removal', async () => {
    const { token, id, registered } = await holder()
    await Promise.all([
      rename(token, registered.id, 'Late'),
      desk.send(token, 'DELETE', `/auth/passkeys/${registered.id}`),
    ])
    expect(await auth.redis.exists(`{p:north}:passkeys:${id}`)).toBe(0)
  })

  test('are kept by who must have a second factor, even when the last two go at the same time', async () => {
    const { token, registered } = await holder({ roles: ['auditor'], totpSecret })
    const answers = await Promise.all([
      desk.send(token, 'DELETE', `/auth/passkeys/${registered.id}`),
      desk.send(token, 'DELETE', '/auth/mfa/totp'),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
  })

  test('leave neither name, key nor challenge in Redis', async () => {
    const { token } = await desk.person()
    const options = await creation(token)
    const text = await desk.dump()
    const passkey = softwarePasskey(here, options.user.id)
    await register(token, passkey.create(options), 'Quillfeatherstone’s own key')
    const all = `${text}${await desk.dump()}`
    for (const secret of ['Quillfeatherstone', passkey.credentialId, options.challenge])
      expect(all).not.toContain(secret)
  })
})
