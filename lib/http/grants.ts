import {
  type Permission,
  permissionsOf,
  Role,
  secondFactorRoles,
  withEmergency,
} from '#lib/contract/permissions.ts'

/** What a session's permissions follow from, as it was read at this moment. */
export interface GrantFacts {
  /** The user's, separated by commas. */
  readonly roles: string
  /** Roles that the practice added to those that ask for a second factor, separated by commas. */
  readonly added: string
  /** The practice's own role table, role and permissions in turn; empty where it has none. */
  readonly table: readonly string[]
  readonly secondFactor: boolean
  readonly emergency: boolean
  readonly mustChangePassword: boolean
}

export interface Grants {
  readonly roles: readonly Role[]
  readonly permissions: readonly Permission[]
  /** What a second factor would grant beside those. */
  readonly withheld: readonly Permission[]
}

/** A practice has few combinations of roles; names that somebody made up are not remembered without end. */
const rememberedMax = 1_000
const remembered = new Map<string, Grants>()

/** The same facts always grant the same, so the answer is remembered; the facts are read anew for every request. */
export function grantsOf(facts: GrantFacts): Grants {
  const { roles, added, table, secondFactor, emergency, mustChangePassword } = facts
  const name = `${roles}\n${added}\n${secondFactor}${emergency}${mustChangePassword}\n${table.join('\n')}`
  const known = remembered.get(name)
  if (known) return known
  if (remembered.size >= rememberedMax) remembered.clear()
  const grants = grant(facts)
  remembered.set(name, grants)
  return grants
}

function grant({ roles, added, table, secondFactor, emergency, mustChangePassword }: GrantFacts): Grants {
  const own = pairs(table).map(([role, list]) => [role, list.split(',')] as const)
  const granting = (some: readonly string[]) =>
    own.length > 0 ? permissionsOf(some, Object.fromEntries(own)) : permissionsOf(some)
  const names = roles.split(',')
  const held = Role.options.filter((role) => names.includes(role))
  const demanding = new Set<string>([...secondFactorRoles, ...added.split(',')])
  const all = granting(held)
  if (mustChangePassword) return { roles: held, permissions: [], withheld: [] }
  const granted = secondFactor ? all : granting(held.filter((role) => !demanding.has(role)))
  const permissions = emergency ? withEmergency(granted) : granted
  return {
    roles: held,
    permissions,
    withheld: all.filter((permission) => !permissions.includes(permission)),
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : [],
  )
}
