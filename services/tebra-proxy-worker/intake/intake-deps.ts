import type { MiddlewareHandler } from 'hono'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import type { Permission } from '#lib/contract/permissions.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { AnswerAtIntake } from '../cache/answer-at-intake.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import type { RateLimiter } from '../worker/rate-limiter.ts'
import type { ConfirmDurable } from './confirm-durable.ts'
import type { RequestDesk } from './request-desk.ts'

export interface IntakeDeps {
  readonly redis: RedisClient
  readonly desk: RequestDesk
  readonly audit: AuditLog
  readonly signedIn: (permission?: Permission) => MiddlewareHandler<ServiceEnv>
  /** Ends a request at once where the upstream is known to be away and the cache may stand in. */
  readonly answerFromCache: AnswerAtIntake
  readonly confirmDurable: ConfirmDurable
  readonly form: UpstreamForm
  readonly limiter: Pick<RateLimiter, 'intervalMs'>
  readonly accountOf: (practiceId: string) => string
  readonly now: () => number
}
