import type { Context, MiddlewareHandler } from 'hono'
import type { Permission } from '#lib/contract/permissions.ts'
import type { ActiveSession } from './active-session.ts'
import { DomainError } from './domain-error.ts'
import { type RateHeaders, type RateLimiter, type RouteClass, rateHeaders } from './rate-limiter.ts'
import type { ServiceEnv } from './service-env.ts'
import type { SessionGuard } from './session-guard.ts'

export const sessionCookie = '__Host-session'

/** As a browser sends it (RFC 6265 §4.2.1). A token needs neither quotes nor escapes, so there is nothing to decode. */
const cookieValue = new RegExp(`(?:^|; *)${sessionCookie}=([^; ]*)`)

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
  const cookie = cookieValue.exec(c.req.header('Cookie') ?? '')?.[1]
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

/** How well, and how lately, the session's holder must have proved who they are (NIST SP 800-63B-4 §2). */
export interface ProofNeeded {
  readonly aal?: 'aal2'
  /** The greatest age of the last proof, in ms. */
  readonly freshMs?: number
}

/** What a sensitive route asks for: a factor was proved at most this long ago. */
export const stepUpFreshMs = 5 * 60_000

/** Throws `step-up-required`, saying in `needs` what is asked, where the session is too weak or its proof too old. */
export function requireProof(session: ActiveSession, { aal, freshMs }: ProofNeeded): void {
  const tooWeak = aal === 'aal2' && session.aal !== 'aal2'
  const tooOld = freshMs !== undefined && session.checkedAt - session.provedAt > freshMs
  if (tooWeak || tooOld)
    throw new DomainError('step-up-required', {
      needs: { ...(aal && { aal }), ...(freshMs !== undefined && { freshMs }) },
    })
}

interface RouteNeeds extends ProofNeeded {
  readonly permission?: Permission
  /** Open to who has yet to change a first password, too. */
  readonly beforePasswordChange?: true
  /** The route itself applies activity to the session. */
  readonly appliesActivity?: true
  /** The answer names the user. */
  readonly withAddress?: true
}

const administrative: readonly (Permission | undefined)[] = ['users:manage', 'audit:read']

const routeClassOf = (method: string, { permission, freshMs }: RouteNeeds): RouteClass => {
  if (freshMs !== undefined || administrative.includes(permission)) return 'sensitive'
  return safeMethods.has(method) ? 'read' : 'write'
}

/** Throws `forbidden`, or `step-up-required` where a second factor would bring the permission. */
export function requirePermission(session: ActiveSession, permission: Permission): void {
  if (session.permissions.includes(permission)) return
  if (session.withheld.includes(permission)) requireProof(session, { aal: 'aal2' })
  throw new DomainError('forbidden')
}

/** Throws `password-change-required` where the session was opened by a password that somebody else chose (ASVS 5.0 6.4.1). */
export function requireOwnPassword(session: ActiveSession): void {
  if (session.mustChangePassword) throw new DomainError('password-change-required')
}

/** Whose page asks, where it says so. The cookie belongs to all tabs, and somebody else may have signed in since. */
export const expectedUser = (c: Context): string | undefined => c.req.header('X-User')

/**
 * Lets a request pass with a good session (`c.var.session`): 401 without one, or where `X-User` names another user than
 * its own; 429 beyond its share, 403 without the permission, 403 `password-change-required` where a first password comes
 * first, and 403 `step-up-required` where it has to be proved better or anew.
 */
export function requireSession(
  deps: { guard: SessionGuard; origins: readonly string[]; rates?: RateLimiter } & RouteNeeds,
): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const credentials = credentialsOf(c)
    if (!credentials) throw new DomainError('unauthenticated')
    if (credentials.from === 'cookie') requireOwnOrigin(c, deps.origins)
    const activity = !deps.appliesActivity && c.req.header('X-Background') === undefined
    const quotas = deps.rates?.quotas[routeClassOf(c.req.method, deps)]
    const session = await deps.guard.check(credentials.token, {
      activity,
      userId: expectedUser(c),
      quotas,
      withAddress: deps.withAddress,
    })
    if (!session) throw new DomainError('unauthenticated')
    // First of all, so that the line of a refusal says whose it was.
    const { id, practiceId, userId, taken } = session
    c.get('log').add({ session: id, practiceId, userId })
    const told = quotas && taken ? rateHeaders(quotas.buckets, taken) : undefined
    if (!deps.beforePasswordChange) requireOwnPassword(session)
    if (deps.permission) requirePermission(session, deps.permission)
    requireProof(session, deps)
    c.set('session', session)
    await next()
    // On the answer that is there, so that a refusal tells it too.
    if (told) for (const name in told) c.res.headers.set(name, told[name as keyof RateHeaders])
  }
}
