import { DomainError } from '#lib/http/domain-error.ts'
import type { TokenFault } from '#lib/jwt/token-refused.ts'
import type { UserPlace } from '../users/user-store.ts'

/** Why a provider's word is not taken; for the audit log. Who signs in learns the same in every case. */
export type FederationFault =
  | TokenFault
  | 'unknown-issuer'
  | 'unknown-flow'
  | 'provider-said-no'
  | 'code-refused'
  | 'claim-required'
  | 'practice-not-mapped'
  | 'wrong-practice'
  | 'no-role'
  | 'unknown-identity'
  | 'user-disabled'
  | 'email-unusable'
  | 'session-gone'
  | 'already-linked'
  | 'too-many-identities'

/** Thrown where it is found; counted and audited in one place (`judge`). */
export class FederationRefused extends DomainError {
  readonly fault: FederationFault
  /** Whose account it is about, where that is known. */
  readonly user: UserPlace | undefined

  constructor(fault: FederationFault, about: { user?: UserPlace; cause?: unknown } = {}) {
    const isTold = fault === 'already-linked' || fault === 'too-many-identities'
    super(isTold ? fault : 'federation-refused', { cause: about.cause })
    this.fault = fault
    this.user = about.user
  }
}
