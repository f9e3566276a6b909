import type { StreamName } from '#lib/contract/events.ts'
import type { Permission } from '#lib/contract/permissions.ts'

/** What each stream needs; results carry patients' data, statuses do not. */
const needed: Readonly<Record<StreamName, Permission | undefined>> = {
  'tebra:status': undefined,
  'tebra:responses': 'patients:read',
}

export function mayListen(
  session: { permissions: readonly Permission[] },
  streams: readonly StreamName[],
): boolean {
  return streams.every((name) => {
    const permission = needed[name]
    return permission === undefined || session.permissions.includes(permission)
  })
}
