import { requireProof, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { FederationRefused } from './federation-refused.ts'
import { flowLifeSeconds } from './flow-store.ts'
import { linkIdentity } from './link-identity.ts'
import { practiceOf } from './map-claims.ts'
import type { Provider } from './provider.ts'

/** Links what the claims prove to the user of a session that still stands; answers the identity's id. */
export async function linkToSession(
  deps: AuthDeps,
  { config }: Provider,
  claims: VerifiedClaims,
  link: { practiceId: string; tokenHash: string },
  requestId: string,
): Promise<string> {
  const session = await deps.guard.recheck(link.practiceId, link.tokenHash)
  if (!session) throw new FederationRefused('session-gone')
  const { practiceId, userId } = session
  // It was fresh when the browser left; the way to the provider and back may take its time.
  requireProof(session, { freshMs: stepUpFreshMs + flowLifeSeconds * 1_000 })
  const user = { practiceId, userId }
  if (practiceOf(config, claims) !== practiceId) throw new FederationRefused('wrong-practice', { user })
  const subject = { issuer: config.issuer, subject: claims.sub }
  return linkIdentity(deps, user, subject, { actor: userId, requestId })
}
