/** Why a token was refused: for logs and audit; the caller learns only that it was. */
export type TokenFault =
  | 'token-too-large'
  | 'token-malformed'
  | 'token-duplicate-name'
  | 'token-header'
  | 'token-algorithm'
  | 'token-type'
  | 'token-key'
  | 'token-signature'
  | 'token-issuer'
  | 'token-audience'
  | 'token-authorized-party'
  | 'token-nonce'
  | 'token-expired'
  | 'token-not-yet-valid'
  | 'token-claims'
  | 'token-replayed'

export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  readonly fault: TokenFault

  constructor(fault: TokenFault, cause?: unknown) {
    super(fault, { cause })
    this.fault = fault
  }
}
