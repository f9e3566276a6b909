import type { Context } from 'hono'
import { type TokenAnswer, type TokenRequest, tokenTypes } from '#lib/contract/federation.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { OAuthRefused } from '../federation/oauth-refused.ts'

/** An internal token for a session token of ours: its holder lets one named service act for them, for minutes. */
export async function exchangeSessionToken(
  c: Context<ServiceEnv>,
  deps: Pick<AuthDeps, 'guard' | 'mint' | 'audit'>,
  form: TokenRequest & { subject_token: string },
): Promise<TokenAnswer> {
  const { audience, requested_token_type: wanted = tokenTypes.jwt } = form
  if (wanted !== tokenTypes.jwt)
    throw new OAuthRefused('invalid_request', 'requested_token_type is not supported')
  if (audience === undefined || form.resource !== undefined || !deps.mint.audiences.includes(audience))
    throw new OAuthRefused('invalid_target', 'name one configured audience')
  const session = await deps.guard.check(form.subject_token, { activity: true })
  if (!session || session.mustChangePassword)
    throw new OAuthRefused('invalid_request', 'subject_token is not accepted')

  const { token, seconds } = await deps.mint.mint(session, audience)
  await deps.audit.append({
    action: 'internal-token.mint',
    actor: session.userId,
    practiceId: session.practiceId,
    entity: `Session/${session.id}`,
    outcome: 'success',
    requestId: c.var.requestId,
    reason: `audience ${audience}`,
  })
  return { access_token: token, issued_token_type: tokenTypes.jwt, token_type: 'N_A', expires_in: seconds }
}
