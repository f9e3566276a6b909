import type { Context } from 'hono'

/** What the site calls itself towards authenticators and authenticator apps. */
export const siteName = 'Workflow Bolt'

/** Whom a passkey is for (WebAuthn Level 3 §5.1.2): a host, and the pages there that may use it. */
export interface RelyingParty {
  readonly id: string
  readonly origins: readonly string[]
}

const hostOf = (origin: string) => new URL(origin).hostname

export const relyingPartyOf = (id: string, origins: readonly string[]): RelyingParty => ({
  id,
  origins: origins.filter((origin) => hostOf(origin) === id),
})

/** The relying party of the page that asks; a program that names no origin of ours gets the first one's. */
export function relyingPartyFor(c: Context, origins: readonly string[]): RelyingParty {
  const asking = c.req.header('Origin') ?? ''
  const [first = ''] = origins
  return relyingPartyOf(hostOf(origins.includes(asking) ? asking : first), origins)
}
