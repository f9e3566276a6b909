import { createHmac } from 'node:crypto'

/** Names people and places in Redis without saying them: whoever lacks the key cannot try e-mails against it. */
export interface LoginIndex {
  /**
   * The same for every spelling of an e-mail address that reaches one mailbox: case and outer space do not count. With
   * a practice it names the account there; without one the account that was made first, wherever that is.
   */
  account(email: string, practiceId?: string): string
  address(address: string): string
  /** Where a user signs in from, told apart per user. */
  device(userId: string, device: string): string
  /** Somebody in one practice: issuer and subject together, and nothing else, say who it is (OpenID Connect Core §5.7). */
  identity(practiceId: string, issuer: string, subject: string): string
}

export function createLoginIndex(key: Buffer): LoginIndex {
  const digest = (text: string) => createHmac('sha256', key).update(text).digest('hex')
  return {
    // No e-mail address holds a space, so the kinds never meet.
    account: (email, practiceId) =>
      digest(
        practiceId === undefined ? normaliseEmail(email) : `account ${practiceId} ${normaliseEmail(email)}`,
      ),
    address: (address) => digest(`address ${address}`),
    device: (userId, device) => digest(`device ${userId} ${device}`),
    identity: (...parts) => digest(`identity ${JSON.stringify(parts)}`),
  }
}

export const normaliseEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase()
