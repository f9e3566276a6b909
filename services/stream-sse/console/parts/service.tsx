import { createContext, useContext } from 'react'
import type { ServiceCall } from '#lib/client/call-service.ts'

/**
 * Asks a service as the person who is signed in. Where it wants a proof first, the person is asked for one and the call is
 * made again; where nobody is signed in any more, the page goes back to the door. Either way what is thrown is a ServiceError.
 */
export type Ask = <T>(path: string, call?: ServiceCall) => Promise<T>

export interface Service {
  readonly ask: Ask
  /** The session goes on under another id, or may do something else than before. */
  readonly renewed: () => Promise<void>
  /** Nobody is signed in any more, says somebody else than `ask`. */
  readonly lost: () => Promise<void>
}

export const ServiceContext = createContext<Service | undefined>(undefined)

export function useService(): Service {
  const service = useContext(ServiceContext)
  if (service === undefined) throw new Error('used outside the workspace')
  return service
}
