import type { MiddlewareHandler } from 'hono'
import type { Redis } from 'ioredis'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import type { Permission } from '#lib/contract/permissions.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import type { RateLimiter } from '../worker/rate-limiter.ts'
import type { RequestDesk } from './request-desk.ts'

export interface IntakeDeps {
  readonly redis: Redis
  readonly desk: RequestDesk
  readonly audit: AuditLog
  readonly signedIn: (permission?: Permission) => MiddlewareHandler<ServiceEnv>
  readonly confirmDurable: () => Promise<void>
  readonly form: UpstreamForm
  readonly limiter: Pick<RateLimiter, 'intervalMs'>
  readonly accountOf: (practiceId: string) => string
  readonly now: () => number
}
