import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import { sessionCookie } from '#lib/http/require-session.ts'

/** RFC 6265bis §4.1.3.2: the `__Host-` prefix holds the cookie to this host, to TLS and to the whole site. */
const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'Strict' } as const

/** Without an expiry of its own the cookie goes with the browser; the session's two time-outs are the server's. */
export const setSessionCookie = (c: Context, token: string): void =>
  setCookie(c, sessionCookie, token, attributes)

export const clearSessionCookie = (c: Context): void => {
  deleteCookie(c, sessionCookie, attributes)
}
