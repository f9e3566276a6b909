import type { OAuthError } from '#lib/contract/federation.ts'

/** What RFC 6749 §5.2 answers at the token endpoint in the place of problem details. */
export class OAuthRefused extends Error {
  override readonly name = 'OAuthRefused'
  readonly answer: OAuthError

  constructor(error: OAuthError['error'], description?: string, more: Partial<OAuthError> = {}) {
    super(error)
    this.answer = { error, ...(description !== undefined && { error_description: description }), ...more }
  }
}
