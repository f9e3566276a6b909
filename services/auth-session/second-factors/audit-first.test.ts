import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthFixture, startAuth } from '../testing/auth-fixture.ts'
import { type SecondFactorDesk, secondFactorDesk } from '../testing/second-factor-desk.ts'
import { auditFirst } from './audit-first.ts'

let auth: AuthFixture
let desk: SecondFactorDesk
beforeAll(async () => {
  auth = await startAuth()
  desk = secondFactorDesk(auth)
})
afterAll(() => auth.stop())

const event = {
  action: 'totp.remove',
  actor: 'test',
  practiceId: 'north',
  entity: 'User/1',
  requestId: 'audit-first',
} as const
const outcomes = async () => (await auth.audited()).map(({ outcome }) => outcome)

test('the event stands before the change begins', async () => {
  const seen = await auditFirst(auth.deps, event, outcomes)
  expect(seen).toEqual(['success'])
})

test('a change that fails is recorded as failed, and its error goes on', async () => {
  const change = () => Promise.reject(new Error('too late'))
  await expect(auditFirst(auth.deps, event, change)).rejects.toThrow('too late')
  expect((await outcomes()).slice(-2)).toEqual(['success', 'failure'])
})

test('no change is made that cannot be recorded', async () => {
  let changed = false
  const attempt = desk.withoutAudit(() =>
    auditFirst(auth.deps, event, async () => {
      changed = true
    }),
  )
  await expect(attempt).rejects.toThrow()
  expect(changed).toBe(false)
})
