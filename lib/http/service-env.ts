import type { RequestLog } from '#lib/observability/logger.ts'
import type { ActiveSession } from './active-session.ts'

/** Facts of one request. What lives as long as the process is a parameter instead. */
export interface ServiceEnv {
  Variables: {
    requestId: string
    log: RequestLog
    session: ActiveSession
  }
}
