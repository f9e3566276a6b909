import type { OpenAPIHono } from '@hono/zod-openapi'
import { addHealthRoutes } from '#lib/http/health-routes.ts'
import { serveOpenApi } from '#lib/http/openapi.ts'
import { createServiceApp } from '#lib/http/service-app.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { takesWrites } from '#lib/redis/health.ts'
import { type AuthDeps, serviceName } from './auth-deps.ts'
import { addGetSession } from './sessions/get-session.ts'
import { addLogout } from './sessions/logout.ts'
import { addLogin } from './sign-in/login.ts'
import { addLoginMfa } from './sign-in/login-mfa.ts'
import { countOutcomes } from './sign-in/login-outcomes.ts'

/** The longest body is a password of 512 characters. */
const bodyBytesMax = 8_192

/** The door in. `touches` says whether activity is being applied to sessions. */
export function createApp(deps: AuthDeps & { touches: () => boolean }): OpenAPIHono<ServiceEnv> {
  const { metrics, passwords, redis, version } = deps
  const app = createServiceApp({ logger: deps.logger, metrics, bodyBytesMax })
  metrics.gauge('auth_hashing_queue', 'Passwords being hashed or waiting for it', passwords.waiting)
  const outcomes = countOutcomes(metrics)

  addLogin(app, { ...deps, outcomes })
  addLoginMfa(app, { ...deps, outcomes })
  addGetSession(app, deps)
  addLogout(app, deps)

  addHealthRoutes(app, {
    service: serviceName,
    version,
    redis,
    metrics,
    checks: { redis: () => takesWrites(redis), touches: deps.touches },
  })
  serveOpenApi(app, { path: '/auth/openapi.json', title: serviceName, version })
  return app
}
