import { afterAll, beforeAll, expect, test } from 'vitest'
import { SessionEnded } from '#lib/contract/session.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { type AuthFixture, password, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { type SecondFactorDesk, secondFactorDesk } from '../testing/second-factor-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
let desk: SecondFactorDesk
let admin: string
beforeAll(async () => {
  auth = await startAuth()
  desk = secondFactorDesk(auth)
})
afterAll(() => auth.stop())

const reset = (id: string, token = admin) => desk.send(token, 'POST', `/auth/users/${id}/reset-mfa`)

test('an admin’s reset takes the factors, ends every session, tells open streams, and is audited', async () => {
  const boss = await desk.person({ roles: ['admin'], totpSecret })
  admin = boss.token
  const { id, token, email } = await desk.person({ totpSecret })
  await desk.send(token, 'POST', '/auth/mfa/recovery-codes')
  await desk.send(token, 'POST', '/auth/mfa/totp')
  const told: SessionEnded[] = []
  const listener = connectCommands({ url: auth.url, name: 'listener' }, { onError: () => {} })
  await untilReady(listener)
  listener.on('message', (_channel: string, text: string) => told.push(SessionEnded.parse(JSON.parse(text))))
  await listener.subscribe('session-ended')

  expect((await reset(id)).status).toBe(204)
  expect((await auth.session(token)).status).toBe(401)
  await until('the end is told', () => told.some(({ userId }) => userId === id))
  disconnect(listener)
  expect(await auth.redis.keys(`*:${id}`)).toEqual(
    expect.not.arrayContaining([expect.stringMatching(/recovery-codes|totp-enrolment|passkeys/)]),
  )
  expect((await auth.login(email)).status).toBe(200)
  expect(await auth.audited()).toContainEqual(
    expect.objectContaining({
      action: 'user.reset-mfa',
      actor: boss.id,
      entity: `User/${id}`,
      outcome: 'success',
    }),
  )
})

test('a sign-in that waits for its second factor gets nowhere after the reset', async () => {
  const { id, email } = await desk.person({ totpSecret })
  const { challengeId = '' } = await problemOf(auth.login(email))
  await reset(id)
  expect((await auth.mfa(challengeId, codeAt(auth.deps.now()))).status).toBe(401)
})

test('an app and a password that wrong guesses disabled can be used again after the reset', async () => {
  const { id, email } = await desk.person({ totpSecret })
  await auth.redis.hset(`{p:north}:user:${id}`, { totpFailures: '100', passwordFailures: '100' })
  expect((await auth.login(email)).status).toBe(401)
  await reset(id)
  const answer = await auth.login(email, password)
  expect(answer.status).toBe(200)
})

test('who is not of the practice, or is nobody, is not found', async () => {
  const stranger = await desk.person({ practiceId: 'other-clinic', totpSecret })
  expect((await reset(stranger.id)).status).toBe(404)
  expect((await reset('0198c1a2-0000-7000-8000-000000000000')).status).toBe(404)
  expect((await auth.session(stranger.token)).status).toBe(200)
})

test('is refused without the permission, and to an old proof', async () => {
  const { id, token } = await desk.person({ totpSecret })
  expect(await problemOf(reset(id, token))).toMatchObject({ code: 'forbidden' })
  await desk.age(admin, 6 * 60_000)
  expect(await problemOf(reset(id))).toMatchObject({ code: 'step-up-required' })
  await desk.age(admin, -6 * 60_000)
})

test('changes nothing where the audit log cannot be written', async () => {
  const { id, token } = await desk.person({ totpSecret })
  expect((await desk.withoutAudit(() => reset(id))).status).toBe(500)
  expect(await desk.factors(token)).toMatchObject({ totp: 'enrolled' })
})
