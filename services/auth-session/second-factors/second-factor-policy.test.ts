import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '#lib/contract/permissions.ts'
import { TotpEnrolled, TotpEnrolment } from '#lib/contract/second-factors.ts'
import { type AuthFixture, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { type SecondFactorDesk, secondFactorDesk } from '../testing/second-factor-desk.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

let auth: AuthFixture
let desk: SecondFactorDesk
beforeAll(async () => {
  auth = await startAuth()
  desk = secondFactorDesk(auth)
})
afterAll(() => auth.stop())

const permissionsOf = async (token: string) =>
  ((await (await auth.session(token)).json()) as { permissions: string[] }).permissions
const policy = '/auth/practice/second-factor-policy'
const demand = (token: string, added: readonly Role[]) => desk.send(token, 'PUT', policy, { added })

describe('a role that demands a second factor', () => {
  test.each(['operator', 'auditor', 'admin'] as const)(
    '%s grants nothing to a session of one factor',
    async (role) => {
      const { token, id } = await desk.person({ roles: [role] })
      expect(await permissionsOf(token)).toEqual([])
      const session = await auth.deps.guard.check(token, { activity: false })
      expect(session?.withheld.length).toBeGreaterThan(0)
      expect(await desk.factors(token)).toMatchObject({ totp: 'none', required: true })
      expect(id).toBeTruthy()
    },
  )

  test('lets its holder enrol, and grants everything from then on', async () => {
    const { token } = await desk.person({ roles: ['admin'] })
    expect(await problemOf(desk.send(token, 'GET', policy))).toMatchObject({
      code: 'step-up-required',
      needs: { aal: 'aal2' },
    })
    const enrolment = TotpEnrolment.parse(await (await desk.send(token, 'POST', '/auth/mfa/totp')).json())
    const totp = codeAt(auth.deps.now(), enrolment.secret)
    const answer = await desk.send(token, 'POST', '/auth/mfa/totp/verify', { totp })
    const { token: strong = '' } = TotpEnrolled.parse(await answer.json())
    expect(await permissionsOf(strong)).toContain('users:manage')
    expect((await desk.send(strong, 'GET', policy)).status).toBe(200)
  })

  test('takes nothing from another role of the same user', async () => {
    const { token } = await desk.person({ roles: ['clinician', 'operator'] })
    expect(await permissionsOf(token)).toEqual(['patients:read', 'flow:write'])
  })

  test('demands it however the session began', async () => {
    const { id, token } = await desk.person({ roles: ['admin'], totpSecret })
    expect(await permissionsOf(token)).toContain('users:manage')
    expect(await permissionsOf(await desk.weakSession(id))).toEqual([])
  })

  test('does not ask for a step-up that would not help', async () => {
    const { token } = await desk.person({ roles: ['operator'], totpSecret })
    expect(await problemOf(desk.send(token, 'GET', policy))).toMatchObject({ code: 'forbidden' })
  })
})

describe('a practice', () => {
  test('adds a role, effective with the next request of every session, and takes it back', async () => {
    const admin = await desk.person({ roles: ['admin'], totpSecret, practiceId: 'west' })
    const { token } = await desk.person({ roles: ['front-desk'], practiceId: 'west' })
    const elsewhere = await desk.person({ roles: ['front-desk'] })
    expect(await permissionsOf(token)).toContain('appointments:write')

    expect(await (await demand(admin.token, ['front-desk', 'admin'])).json()).toEqual({
      always: ['operator', 'auditor', 'admin'],
      added: ['front-desk'],
    })
    expect(await permissionsOf(token)).toEqual([])
    expect(await desk.factors(token)).toMatchObject({ required: true })
    expect(await permissionsOf(elsewhere.token)).toContain('appointments:write')
    expect((await auth.audited('west')).at(-1)).toMatchObject({
      action: 'practice.mfa-policy',
      entity: 'Practice/west',
      actor: admin.id,
    })

    await demand(admin.token, [])
    expect(await permissionsOf(token)).toContain('appointments:write')
  })

  test('is not changed by who may not, or has not just proved a second factor', async () => {
    const { token } = await desk.person({ roles: ['admin'], totpSecret })
    const desk1 = await desk.person()
    expect((await demand(desk1.token, [])).status).toBe(403)
    await desk.age(token, 6 * 60_000)
    expect(await problemOf(demand(token, []))).toMatchObject({ code: 'step-up-required' })
  })
})
