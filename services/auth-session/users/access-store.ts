import { defaultRolePermissions, Permission, Role } from '#lib/contract/permissions.ts'
import type { SessionEnded } from '#lib/contract/session.ts'
import type { RoleTable, RoleTableView } from '#lib/contract/users.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

interface Place {
  readonly practiceId: string
  readonly id: string
}

export type AccessChange =
  | { readonly kind: 'roles'; readonly roles: readonly Role[] }
  /** `claim` only takes the version: of two who expect the same one, one may go on. */
  | { readonly kind: 'claim' | 'disable' | 'enable' | 'remove' }

/** What became of a change; where it was not done nothing has changed. */
export type Changed =
  | { readonly outcome: 'done'; readonly version: number }
  | { readonly outcome: 'not-found' | 'version-conflict' | 'last-admin' }

/**
 * Who may do what. Nothing of it is cached anywhere: every request of every service asks Redis by one read-only script
 * on the practice's slot, so a change is in force with the next one.
 */
export interface AccessStore {
  /** Without a version the change is made whatever else was changed meanwhile. */
  change(user: Place, change: AccessChange, expectedVersion?: number): Promise<Changed>
  roles(practiceId: string): Promise<RoleTableView>
  replaceRoles(practiceId: string, table: RoleTable, expectedVersion: number): Promise<Changed>
  /** Ids of the practice's users after that one, in the order of their making. */
  list(practiceId: string, after: string | undefined, size: number): Promise<string[]>
}

const shared = { beyondKeys: true, prelude: new URL('./count-managers.lua', import.meta.url) }
type Reply = [outcome: Changed['outcome'], version?: number]
const changeScript = loadScript<Reply>(new URL('./change-access.lua', import.meta.url), shared)
const replaceScript = loadScript<Reply>(new URL('./replace-roles.lua', import.meta.url), shared)

const flat = (table: Readonly<Partial<Record<Role, readonly Permission[]>>>): string[] =>
  Role.options.flatMap((role) => (table[role] ? [role, table[role].join(',')] : []))
const standard = flat(defaultRolePermissions)

/** A stored or a standard table as the contract has it; names that are no permission any more are left out. */
const tableOf = (granted: Readonly<Record<string, string | readonly Permission[]>>): RoleTable =>
  Object.fromEntries(
    Role.options.flatMap((role) => {
      const list = granted[role]
      if (list === undefined) return []
      const held: readonly string[] = typeof list === 'string' ? list.split(',') : list
      return [[role, Permission.options.filter((one) => held.includes(one))]]
    }),
  )

const message = (ended: SessionEnded) => JSON.stringify(ended)

const changed = ([outcome, version = 0]: Reply): Changed =>
  outcome === 'done' ? { outcome, version } : { outcome }

export function createAccessStore({ redis }: { redis: RedisClient }): AccessStore {
  /** For a user who is disabled already, so that no session is added meanwhile. */
  const everythingOf = async (practiceId: string, id: string): Promise<string[]> => {
    const hashes = await redis.zrange(sessionKeys.sessionsOf(practiceId, id), '0', '-1')
    const sessions = hashes.map((hash) => sessionKeys.session(practiceId, hash))
    return [...sessionKeys.personalDataOf(practiceId, id), ...sessions]
  }

  return {
    async change({ practiceId, id }, change, expectedVersion) {
      const keys = [
        sessionKeys.access(practiceId, id),
        sessionKeys.users(practiceId),
        sessionKeys.roles(practiceId),
        ...(change.kind === 'remove' ? await everythingOf(practiceId, id) : []),
      ]
      const reply = await changeScript(redis, keys, [
        sessionKeys.accessPrefix(practiceId),
        id,
        expectedVersion ?? '',
        change.kind,
        change.kind === 'roles' ? change.roles.join(',') : '',
        channels.sessionEnded,
        message({ practiceId, userId: id }),
        ...standard,
      ])
      return changed(reply)
    },

    async roles(practiceId) {
      const [own, version] = await Promise.all([
        redis.hgetall(sessionKeys.roles(practiceId)),
        redis.get(sessionKeys.rolesVersion(practiceId)),
      ])
      const isStandard = Object.keys(own).length === 0
      return {
        roles: isStandard ? tableOf(defaultRolePermissions) : tableOf(own),
        version: Number(version ?? 0),
        standard: isStandard,
      }
    },

    async replaceRoles(practiceId, table, expectedVersion) {
      const keys = [
        sessionKeys.roles(practiceId),
        sessionKeys.rolesVersion(practiceId),
        sessionKeys.users(practiceId),
      ]
      const reply = await replaceScript(redis, keys, [
        sessionKeys.accessPrefix(practiceId),
        expectedVersion,
        channels.sessionEnded,
        message({ practiceId }),
        standard.length,
        ...standard,
        ...flat(table),
      ])
      return changed(reply)
    },

    list: (practiceId, after, size) =>
      redis.zrange(
        sessionKeys.users(practiceId),
        after === undefined ? '-' : `(${after}`,
        '+',
        'BYLEX',
        'LIMIT',
        0,
        size,
      ),
  }
}
