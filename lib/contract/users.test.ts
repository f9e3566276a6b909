import { expect, test } from 'vitest'
import { NewEmail, NewServiceAccount, NewUserRequest, RoleTableChange } from './users.ts'

test.each([
  'a@b.co',
  "o'brien.m+desk@harbour-clinic.example",
  `${'x'.repeat(64)}@clinic.example`,
  'a@1.2.example',
])('%s is an address', (address) => expect(NewEmail.safeParse(address).success).toBe(true))

test.each([
  'nobody',
  'a@b',
  '.a@clinic.example',
  'a..b@clinic.example',
  'a@-clinic.example',
  'a@clinic-.example',
  'a@clinic..example',
  'a b@clinic.example',
  'a@clinic.example\n',
  `${'x'.repeat(65)}@clinic.example`,
  `a@${'x'.repeat(64)}.example`,
  `a@${'x.'.repeat(130)}example`,
])('%j is none', (address) => expect(NewEmail.safeParse(address).success).toBe(false))

test('a new account’s password has 15 characters, as it opens the account alone', () => {
  const takes = (password: string) =>
    NewUserRequest.safeParse({ email: 'a@b.co', password, roles: ['clinician'] }).success
  expect([takes('🔑'.repeat(14)), takes('🔑'.repeat(15)), takes('🔑'.repeat(129))]).toEqual([
    false,
    true,
    false,
  ])
})

test('a program administers nothing', () => {
  const takes = (...roles: string[]) => NewServiceAccount.safeParse({ name: 'nightly', roles }).success
  expect([takes('operator', 'auditor'), takes('admin'), takes()]).toEqual([true, false, false])
})

test('a role table knows its roles, names at least one, and each permission once', () => {
  const takes = (roles: object) => RoleTableChange.safeParse({ expectedVersion: 0, roles }).success
  expect([takes({ admin: ['users:manage'] }), takes({ clinician: [] })]).toEqual([true, true])
  for (const wrong of [{}, { owner: [] }, { admin: ['users:manage', 'users:manage'] }])
    expect(takes(wrong)).toBe(false)
})
