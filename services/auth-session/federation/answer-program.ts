import type { Context } from 'hono'
import type { TokenAnswer, TokenRequest } from '#lib/contract/federation.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { signInServiceAccount } from '../users/service-accounts.ts'
import { OAuthRefused } from './oauth-refused.ts'
import { secondsBetween } from './seconds-between.ts'

/** A session token for a program's id and secret (RFC 6749 §4.4). */
export async function answerProgram(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  form: TokenRequest,
): Promise<TokenAnswer> {
  const credentials = basicCredentials(c.req.header('Authorization')) ?? {
    clientId: form.client_id ?? '',
    clientSecret: form.client_secret ?? '',
  }
  try {
    const { token, view } = await signInServiceAccount(c, deps, credentials)
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: secondsBetween(view.createdAt, view.idleExpiresAt),
    }
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid-credentials')
      throw new OAuthRefused('invalid_client')
    throw error
  }
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. */
function basicCredentials(header: string | undefined) {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [, clientId = '', clientSecret = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  const [[id = '', secret = ''] = []] = [...new URLSearchParams(`${clientId}=${clientSecret}`)]
  return { clientId: id, clientSecret: secret }
}
