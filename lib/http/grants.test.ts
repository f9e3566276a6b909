import { expect, test } from 'vitest'
import { Permission } from '#lib/contract/permissions.ts'
import { type GrantFacts, grantsOf } from './grants.ts'

const facts: GrantFacts = {
  roles: 'front-desk',
  added: '',
  table: [],
  secondFactor: false,
  emergency: false,
  mustChangePassword: false,
}

test('grants by the facts of this call, whatever was granted before', () => {
  expect(grantsOf(facts).permissions).toEqual(['patients:read', 'appointments:write', 'flow:write'])
  expect(grantsOf({ ...facts, added: 'front-desk' })).toMatchObject({
    permissions: [],
    withheld: ['patients:read', 'appointments:write', 'flow:write'],
  })
  expect(grantsOf({ ...facts, table: ['front-desk', 'patients:read'] }).permissions).toEqual([
    'patients:read',
  ])
  expect(grantsOf({ ...facts, mustChangePassword: true })).toMatchObject({ permissions: [], withheld: [] })
  expect(grantsOf({ ...facts, roles: '' }).permissions).toEqual([])
  expect(grantsOf({ ...facts, roles: '', emergency: true }).permissions).toHaveLength(3)
  expect(grantsOf(facts).permissions).toEqual(['patients:read', 'appointments:write', 'flow:write'])
})

test('withholds what a role of two factors would grant until they are proved', () => {
  const admin = { ...facts, roles: 'admin' }
  expect(grantsOf(admin)).toMatchObject({ permissions: [], withheld: Permission.options })
  expect(grantsOf({ ...admin, secondFactor: true })).toMatchObject({
    permissions: Permission.options,
    withheld: [],
  })
})
