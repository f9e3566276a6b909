import type { Context } from 'hono'
import { z } from 'zod'

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

/** Paths of ours only: `//host` and `/\host` are other sites to a browser (RFC 9700 §4.11, open redirectors). */
export const OwnPath = z
  .string()
  .max(512)
  .regex(/^\/([!-.0-[\]-~][!-~]*)?$/, 'a path of this site')
