import type { Context } from 'hono'
import type { RenewedSession } from '#lib/contract/second-factors.ts'
import { credentialsOf } from '#lib/http/require-session.ts'
import { setSessionCookie } from './session-cookie.ts'
import type { SessionToken } from './session-store.ts'

/** Gives the session's new token to its holder as the old one came: as the cookie, or in the answer. */
export function deliverRenewed(c: Context, renewed: SessionToken): RenewedSession {
  if (credentialsOf(c)?.from === 'bearer') return { session: renewed.view, token: renewed.token }
  setSessionCookie(c, renewed.token)
  return { session: renewed.view }
}
