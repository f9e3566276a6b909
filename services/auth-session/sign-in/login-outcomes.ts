import type { MiddlewareHandler } from 'hono'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { Metrics } from '#lib/observability/metrics.ts'

/** Counts sign-ins by how they ended: `success`, or the problem's code. */
export function countOutcomes(metrics: Metrics): MiddlewareHandler<ServiceEnv> {
  const logins = metrics.counter('auth_logins_total', 'Sign-ins by step and outcome', ['step', 'outcome'])
  return async (c, next) => {
    await next()
    const step = c.req.path.endsWith('/mfa') ? 'mfa' : 'password'
    const failure = c.error instanceof DomainError ? c.error.code : 'failed'
    logins.inc({ step, outcome: c.error === undefined ? 'success' : failure })
  }
}
