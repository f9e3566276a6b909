import { EventConnection } from './event-connection.ts'
import type { EventStream } from './event-stream.ts'
import { sessionBoundFetch } from './session-bound-fetch.ts'
import { SharedEvents, type SharedEventsOptions } from './shared-events.ts'
import { browserTabs, type Tabs } from './tabs.ts'

export interface CreateEventsOptions extends SharedEventsOptions {
  /** Origin of the services; the page's own unless given. */
  readonly baseUrl?: string
}

/**
 * The live events of a signed-in person: one stream for all tabs of the browser, or one of the tab's own where the browser
 * cannot share. It ends with the session it was made for.
 */
export function createEvents(
  options: CreateEventsOptions,
  tabs: Tabs | undefined = browserTabs(),
): EventStream {
  const { baseUrl = '', sessionId, fetch: send = (url, init) => fetch(url, init) } = options
  const bound = {
    url: `${baseUrl}/events`,
    ...options,
    fetch: sessionBoundFetch(sessionId, send, baseUrl),
  }
  return tabs ? new SharedEvents(bound, tabs) : new EventConnection(bound)
}
