import { createHmac } from 'node:crypto'

/** Names accounts and addresses in Redis without saying them: whoever lacks the key cannot try e-mails against it. */
export interface LoginIndex {
  /** The same for every spelling of an e-mail address that reaches one mailbox: case and outer space do not count. */
  account(email: string): string
  address(address: string): string
}

export function createLoginIndex(key: Buffer): LoginIndex {
  const digest = (text: string) => createHmac('sha256', key).update(text).digest('hex')
  return {
    account: (email) => digest(normaliseEmail(email)),
    // No e-mail address holds this prefix's space, so the two kinds never meet.
    address: (address) => digest(`address ${address}`),
  }
}

export const normaliseEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase()
