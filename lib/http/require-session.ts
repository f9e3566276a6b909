import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Permission } from '#lib/contract/permissions.ts'
import { DomainError } from './domain-error.ts'
import type { ServiceEnv } from './service-env.ts'
import type { SessionGuard } from './session-guard.ts'

export const sessionCookie = '__Host-session'

export interface Credentials {
  readonly token: string
  readonly from: 'cookie' | 'bearer'
}

/** The caller's session token: the bearer where there is one, else the cookie. */
export function credentialsOf(c: Context): Credentials | undefined {
  const header = c.req.header('Authorization')
  if (header !== undefined) {
    const token = /^Bearer +([^\s]+)$/i.exec(header)?.[1]
    return token === undefined ? undefined : { token, from: 'bearer' }
  }
  const cookie = getCookie(c, sessionCookie)
  return cookie === undefined ? undefined : { token: cookie, from: 'cookie' }
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses a state-changing request that a foreign page made the browser send: Origin must be one of ours, and
 * Sec-Fetch-Site must not contradict it (OWASP CSRF prevention, verifying origin).
 */
export function requireOwnOrigin(c: Context, origins: readonly string[]): void {
  if (safeMethods.has(c.req.method)) return
  const site = c.req.header('Sec-Fetch-Site')
  const origin = c.req.header('Origin')
  if (origin === undefined || !origins.includes(origin) || (site !== undefined && site !== 'same-origin'))
    throw new DomainError('bad-origin')
}

/** Lets a request pass with a good session (`c.var.session`): 401 without one, 403 without the permission. */
export function requireSession(deps: {
  guard: SessionGuard
  origins: readonly string[]
  permission?: Permission
}): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const credentials = credentialsOf(c)
    if (!credentials) throw new DomainError('unauthenticated')
    if (credentials.from === 'cookie') requireOwnOrigin(c, deps.origins)
    const activity = c.req.header('X-Background') === undefined
    const session = await deps.guard.check(credentials.token, { activity })
    if (!session) throw new DomainError('unauthenticated')
    if (deps.permission && !session.permissions.includes(deps.permission)) throw new DomainError('forbidden')
    c.set('session', session)
    c.set(
      'log',
      c.var.log.with({ session: session.id, practiceId: session.practiceId, userId: session.userId }),
    )
    await next()
  }
}
