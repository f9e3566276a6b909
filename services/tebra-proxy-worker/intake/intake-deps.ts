import type { MiddlewareHandler } from 'hono'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import type { Permission } from '#lib/contract/permissions.ts'
import type { ProofNeeded } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import type { AccountStops } from '../accounts/account-stops.ts'
import type { AlertBook } from '../alerts/alert-book.ts'
import type { AnswerAtIntake } from '../cache/answer-at-intake.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import type { RateLimiter } from '../worker/rate-limiter.ts'
import type { RequestDesk } from './request-desk.ts'

export interface IntakeDeps {
  readonly redis: RedisClient
  readonly partitions: Partitions
  readonly desk: RequestDesk
  readonly audit: AuditLog
  readonly signedIn: (permission?: Permission, proof?: ProofNeeded) => MiddlewareHandler<ServiceEnv>
  /** Ends a request at once where the upstream is known to be away and the cache may stand in. */
  readonly answerFromCache: AnswerAtIntake
  /** Resolves when these requests, as they stand now, are as safe as configured; else rejects `not-durable`. */
  readonly confirmDurable: (practiceId: string, ...requestIds: string[]) => Promise<void>
  readonly form: UpstreamForm
  readonly limiter: Pick<RateLimiter, 'intervalMs'>
  readonly accountOf: (practiceId: string) => string
  readonly book: AlertBook
  readonly stops: AccountStops
  /** Every practice that has a Tebra account. */
  readonly practices: readonly string[]
  /** The only practice whose operators may do what concerns all; undefined where there is none. */
  readonly operatorPractice: string | undefined
  readonly now: () => number
}
