import { expect, test } from 'vitest'
import { defaultRolePermissions, Permission, permissionsOf, Role } from './permissions.ts'

test('is the union of the roles, each once, in the catalogue’s order', () => {
  expect(permissionsOf(['operator', 'clinician', 'front-desk'])).toEqual([
    'patients:read',
    'appointments:write',
    'flow:write',
    'ops:read',
    'dead-letters:write',
    'events:publish',
  ])
})

test('gives every role something, and the administrator everything', () => {
  for (const role of Role.options) expect(permissionsOf([role])).toEqual(defaultRolePermissions[role])
  expect(permissionsOf(['admin'])).toEqual(Permission.options)
})

test.each([[[]], [['stranger']], [['']], [['constructor']], [['__proto__']], [['toString']]])(
  'grants nothing for %j',
  (roles) => {
    expect(permissionsOf(roles)).toEqual([])
  },
)

test('takes a table of the practice’s own, and nothing from it that is no permission of ours', () => {
  const table = { helper: ['ops:read', 'everything'] }
  expect(permissionsOf(['helper', 'admin'], table)).toEqual(['ops:read'])
})
