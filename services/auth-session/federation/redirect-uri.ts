import type { Context } from 'hono'

/** Which of our own origins the browser is at; the cookies of the flow stay with that host. */
export function ownOrigin(c: Context, origins: readonly string[]): string {
  const host = c.req.header('Host')
  const origin = origins.find((one) => new URL(one).host === host) ?? origins[0]
  if (origin === undefined) throw new Error('there is no public origin')
  return origin
}

/** Registered at the provider, character by character (RFC 9700 §2.1). */
export const redirectUri = (c: Context, origins: readonly string[], provider: string): string =>
  `${ownOrigin(c, origins)}/auth/oidc/${provider}/callback`
