import type { BusStream, StreamName } from '#lib/contract/events.ts'
import type { Permission } from '#lib/contract/permissions.ts'

type Fixed = Exclude<StreamName, `standup:${string}`>

/** What each stream needs, one of these: patients' data, or a view of the works. Statuses and notices are one's own. */
const needed: Readonly<Record<Fixed, readonly Permission[]>> = {
  'tebra:status': [],
  'tebra:responses': ['patients:read'],
  'patients:board': ['patients:read'],
  'ehr_sync:requests': ['patients:read'],
  'ehr_sync:responses': ['patients:read'],
  agent_updates: ['ops:read'],
  agent_tasks: ['ops:read'],
  'session:notices': [],
  // An auditor hears of emergency access, too.
  'ops:alerts': ['ops:read', 'audit:read'],
}

const neededFor = (stream: StreamName): readonly Permission[] =>
  isStandup(stream) ? ['ops:read'] : needed[stream]

const isStandup = (stream: StreamName): stream is Extract<BusStream, `standup:${string}`> =>
  stream.startsWith('standup:')

export function mayListen(
  session: { permissions: readonly Permission[] },
  streams: readonly StreamName[],
): boolean {
  return streams.every((stream) => {
    const one = neededFor(stream)
    return one.length === 0 || one.some((permission) => session.permissions.includes(permission))
  })
}
