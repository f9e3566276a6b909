import type { Context } from 'hono'
import { requireOwnOrigin } from '#lib/http/require-session.ts'

/**
 * Refuses a sign-in that a foreign page made the browser send (OWASP: login CSRF): the victim
 * would work in the attacker's account. Browsers say where a POST comes from; a program that says nothing passes.
 */
export function refuseForeignPage(c: Context, origins: readonly string[]): void {
  const fromBrowser = c.req.header('Origin') !== undefined || c.req.header('Sec-Fetch-Site') !== undefined
  if (fromBrowser) requireOwnOrigin(c, origins)
}
