import { useEffect, useMemo } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import { createEvents } from '#lib/client/create-events.ts'
import { IdleLogoff } from '#lib/client/idle-logoff.ts'
import { TebraClient } from '#lib/client/tebra-client.ts'
import type { StreamName } from '#lib/contract/events.ts'
import type { Permission } from '#lib/contract/permissions.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import type { Live } from '../parts/live.tsx'

const offered: readonly (readonly [stream: StreamName, ...needs: Permission[]])[] = [
  ['tebra:status'],
  ['session:notices'],
  ['tebra:responses', 'patients:read'],
  ['ops:alerts', 'ops:read', 'audit:read'],
  ['agent_updates', 'ops:read'],
  ['agent_tasks', 'ops:read'],
]

/** Asking for a stream without one of its permissions is refused, and the whole connection with it. */
export const streamsFor = (permissions: readonly Permission[]): StreamName[] =>
  offered
    .filter(([, ...needs]) => needs.length === 0 || needs.some((one) => permissions.includes(one)))
    .map(([stream]) => stream)

/** What lives as long as a session has its id: its event stream, its client, and the watch over its idle time. */
export function useLiveSession(auth: AuthClient, { session, user, permissions }: SessionAnswer) {
  const names = streamsFor(permissions).join(',')
  const live = useMemo((): Live => {
    const streams = names.split(',') as StreamName[]
    const events = createEvents({ streams, sessionId: session.id })
    return { events, streams, client: new TebraClient({ events, userId: user.id }) }
  }, [names, session.id, user.id])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the id stands for the session, which the watch keeps up to date itself
  const idle = useMemo(() => new IdleLogoff({ auth, session, events: live.events }), [auth, session.id, live])
  useEffect(() => {
    live.events.open()
    return () => live.events.close()
  }, [live])
  return { live, idle }
}
