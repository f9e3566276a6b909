import { z } from 'zod'

export const Permission = z
  .enum([
    'patients:read',
    'appointments:write',
    'flow:write',
    'ops:read',
    'dead-letters:write',
    'events:publish',
    'audit:read',
    'users:manage',
  ])
  .meta({ id: 'Permission' })
export type Permission = z.infer<typeof Permission>

export const Role = z.enum(['front-desk', 'clinician', 'operator', 'auditor', 'admin']).meta({ id: 'Role' })
export type Role = z.infer<typeof Role>

/** What each role may do where a practice has not set its own table. */
export const defaultRolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  'front-desk': ['patients:read', 'appointments:write', 'flow:write'],
  clinician: ['patients:read', 'flow:write'],
  operator: ['ops:read', 'dead-letters:write', 'events:publish'],
  auditor: ['audit:read'],
  admin: Permission.options,
}

/** Roles that grant nothing to a session of one factor, in every practice; a practice may add others. */
export const secondFactorRoles: readonly Role[] = ['operator', 'auditor', 'admin']

/** What emergency access adds to a session for its time: the patient at hand, and nothing that administers. */
export const emergencyPermissions: readonly Permission[] = [
  'patients:read',
  'appointments:write',
  'flow:write',
]

export const withEmergency = (held: readonly Permission[]): Permission[] =>
  Permission.options.filter((one) => held.includes(one) || emergencyPermissions.includes(one))

/** The union of the roles' permissions, in the catalogue's order; a role without an entry in the table grants nothing. */
export function permissionsOf(
  roles: readonly string[],
  table: Readonly<Record<string, readonly string[]>> = defaultRolePermissions,
): Permission[] {
  const granted = roles.flatMap((role) => (Object.hasOwn(table, role) ? table[role] : []))
  return Permission.options.filter((permission) => granted.includes(permission))
}
