import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { takeRates } from '#lib/http/rate-limiter.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from './client-address.ts'

/** Where a caller has no session yet to be counted by; a pattern's `/*` is also its own path. */
const paths = ['/auth/login/*', '/auth/token', '/auth/oidc/*']
/** Of this method alone: hono's fast router cannot tell a pattern for all from `/auth/passkeys/:id`. */
const postPath = '/auth/passkeys/authentication/*'

/**
 * Bounds how often one address may try to sign in, right or wrong, before anything is looked up or hashed for it.
 * Failures are counted besides, and much more strictly (login-limiter.ts).
 */
export function limitAddresses(
  app: OpenAPIHono<ServiceEnv>,
  deps: Pick<AuthDeps, 'redis' | 'index' | 'trustedProxies' | 'addressRate'>,
): void {
  const limit: MiddlewareHandler<ServiceEnv> = async (c, next) => {
    const digest = deps.index.address(clientAddress(c, deps.trustedProxies))
    const bucket = { policy: 'address', key: sessionKeys.addressRate(digest), quota: deps.addressRate }
    const headers = await takeRates(deps.redis, [bucket])
    await next()
    for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.header(name, value)
  }
  for (const path of paths) app.use(path, limit)
  app.on('POST', postPath, limit)
}
