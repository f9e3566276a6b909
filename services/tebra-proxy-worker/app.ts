import { addHealthRoutes, type HealthDeps } from '#lib/http/health-routes.ts'
import { serveOpenApi } from '#lib/http/openapi.ts'
import type { RateLimiter } from '#lib/http/rate-limiter.ts'
import { requireSession } from '#lib/http/require-session.ts'
import { createServiceApp, type ServiceAppDeps } from '#lib/http/service-app.ts'
import type { SessionGuard } from '#lib/http/session-guard.ts'
import { addCancelRequest } from './intake/cancel-request.ts'
import { addDeadLetters } from './intake/dead-letters.ts'
import { addForceBreaker } from './intake/force-breaker.ts'
import type { IntakeDeps } from './intake/intake-deps.ts'
import { addListActions } from './intake/list-actions.ts'
import { addReadRequests } from './intake/read-requests.ts'
import { addResumeAccount } from './intake/resume-account.ts'
import { addShowAlerts } from './intake/show-alerts.ts'
import { addShowSamples } from './intake/show-samples.ts'
import { addShowStatus } from './intake/show-status.ts'
import { addSubmitRequest } from './intake/submit-request.ts'

export interface TebraProxyDeps extends ServiceAppDeps {
  readonly health: HealthDeps
  readonly guard: SessionGuard
  readonly origins: readonly string[]
  readonly rates: RateLimiter
  /** Absent in a process that only works requests off: it answers for its health and nothing else. */
  readonly intake?: Omit<IntakeDeps, 'signedIn'>
}

export function createApp(deps: TebraProxyDeps) {
  const app = createServiceApp(deps)
  if (deps.intake) {
    const signedIn: IntakeDeps['signedIn'] = (permission, proof) =>
      requireSession({
        guard: deps.guard,
        origins: deps.origins,
        rates: deps.rates,
        ...(permission && { permission }),
        ...proof,
      })
    const intake = { ...deps.intake, signedIn }
    addSubmitRequest(app, intake)
    addReadRequests(app, intake)
    addCancelRequest(app, intake)
    addDeadLetters(app, intake)
    addListActions(app, intake)
    addShowStatus(app, intake)
    addShowSamples(app, intake)
    addShowAlerts(app, intake)
    addResumeAccount(app, intake)
    addForceBreaker(app, { ...intake, logger: deps.logger })
    serveOpenApi(app, {
      path: '/tebra/openapi.json',
      title: 'tebra-proxy-worker',
      version: deps.health.version,
      description:
        'Takes requests to Tebra, works them off within its limits, and never writes twice. A request ends exactly once: as success, error, dead, uncertain or cancelled.',
    })
  }
  addHealthRoutes(app, deps.health)
  return app
}
