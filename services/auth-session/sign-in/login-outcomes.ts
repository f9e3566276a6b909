import type { MiddlewareHandler } from 'hono'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { Metrics } from '#lib/observability/metrics.ts'

const steps = [
  ['/auth/login', 'password'],
  ['/auth/login/mfa', 'mfa'],
  ['/auth/passkeys/authentication/verify', 'passkey'],
] as const

/** Counts sign-ins by how they ended: `success`, or the problem's code. */
export function countOutcomes(metrics: Metrics): MiddlewareHandler<ServiceEnv> {
  const logins = metrics.counter('auth_logins_total', 'Sign-ins by step and outcome', ['step', 'outcome'])
  return async (c, next) => {
    await next()
    const step = steps.find(([ending]) => c.req.path.endsWith(ending))?.[1] ?? 'other'
    const failure = c.error instanceof DomainError ? c.error.code : 'failed'
    logins.inc({ step, outcome: c.error === undefined ? 'success' : failure })
  }
}
