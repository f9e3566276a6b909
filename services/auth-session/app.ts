import type { OpenAPIHono } from '@hono/zod-openapi'
import { addHealthRoutes } from '#lib/http/health-routes.ts'
import { serveOpenApi } from '#lib/http/openapi.ts'
import { createServiceApp } from '#lib/http/service-app.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { takesWrites } from '#lib/redis/health.ts'
import { addExportAudit } from './audit/export-audit.ts'
import { addSearchAudit } from './audit/search-audit.ts'
import { addVerifyAudit } from './audit/verify-audit.ts'
import { type AuthDeps, serviceName } from './auth-deps.ts'
import { addBeginEmergency } from './emergency/begin-emergency.ts'
import { addEndOwnEmergency } from './emergency/end-own-emergency.ts'
import { addListEmergencies } from './emergency/list-emergencies.ts'
import { addFederation } from './federation/federation.ts'
import { addServeKeys } from './internal-tokens/serve-keys.ts'
import { addPasskeys } from './passkeys/passkeys.ts'
import { addSecondFactors } from './second-factors/second-factors.ts'
import { addChangePassword } from './sessions/change-password.ts'
import { addEndOneSession } from './sessions/end-one-session.ts'
import { addGetSession } from './sessions/get-session.ts'
import { addGetSessions } from './sessions/get-sessions.ts'
import { addLogout } from './sessions/logout.ts'
import { addRevokeAll } from './sessions/revoke-all.ts'
import { addSetSessionLimits } from './sessions/set-session-limits.ts'
import { limitAddresses } from './sign-in/limit-addresses.ts'
import { addLogin } from './sign-in/login.ts'
import { addLoginMfa } from './sign-in/login-mfa.ts'
import { countOutcomes } from './sign-in/login-outcomes.ts'
import { addUsers } from './users/add-users.ts'

/** The longest body is a form of POST /auth/token, each character of which may be written as three. */
const bodyBytesMax = 40_960
/** OAuth's requests are forms (RFC 6749 §3.2). */
const formPaths = ['/auth/token']

/** The door in. `touches` says whether activity is being applied to sessions. */
export function createApp(deps: AuthDeps & { touches: () => boolean }): OpenAPIHono<ServiceEnv> {
  const { metrics, passwords, redis, version } = deps
  const app = createServiceApp({ logger: deps.logger, metrics, bodyBytesMax, formPaths })
  metrics.gauge('auth_hashing_queue', 'Passwords being hashed or waiting for it', passwords.waiting)
  const outcomes = countOutcomes(metrics)

  limitAddresses(app, deps)
  addLogin(app, { ...deps, outcomes })
  addLoginMfa(app, { ...deps, outcomes })
  addGetSession(app, deps)
  addLogout(app, deps)
  addSecondFactors(app, deps)
  addPasskeys(app, { ...deps, outcomes })
  addGetSessions(app, deps)
  addEndOneSession(app, deps)
  addRevokeAll(app, deps)
  addSetSessionLimits(app, deps)
  addChangePassword(app, deps)
  addUsers(app, deps)
  addBeginEmergency(app, deps)
  addEndOwnEmergency(app, deps)
  addListEmergencies(app, deps)
  addFederation(app, deps)
  addServeKeys(app, deps)
  addSearchAudit(app, deps)
  addExportAudit(app, deps)
  addVerifyAudit(app, deps)

  addHealthRoutes(app, {
    service: serviceName,
    version,
    redis,
    metrics,
    logger: deps.logger,
    checks: { redis: () => takesWrites(redis), touches: deps.touches },
  })
  serveOpenApi(app, {
    path: '/auth/openapi.json',
    title: serviceName,
    version,
    description: 'Who somebody is, what they may do, and for how long.',
  })
  return app
}
