import { readFileSync } from 'node:fs'
import { DomainError } from '#lib/http/domain-error.ts'

/** Those of 8 characters and more in Django's list of the 20,000 most common ones (BSD licence). */
const common: ReadonlySet<string> = new Set(
  readFileSync(new URL('./common-passwords.txt', import.meta.url), 'utf8').split('\n'),
)
const ours = ['workflowbolt', 'workflow-bolt', 'tebra', 'kareo', 'clinic', 'practice']

const plain = (text: string) => text.normalize('NFKC').toLowerCase()
/** Figures and signs around a word do not make it another one. */
const bare = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')

interface Whose {
  readonly email: string
  readonly practiceId: string
}

/**
 * Whether a new password is one that guessers try first: common, or a word of this service, the practice or the
 * user's own address. It is compared as a whole (NIST SP 800-63B-4 §3.1.1.2); nothing else is asked of it.
 */
export function isGuessable(password: string, { email, practiceId }: Whose): boolean {
  const given = plain(password)
  const [local = '', domain = ''] = plain(email).split('@')
  const context = [...ours, practiceId, practiceId.replaceAll('-', ''), local, domain, plain(email)]
  return common.has(given) || context.some((word) => given === word || bare(given) === bare(word))
}

/** Throws `invalid-request` naming the field where the password is guessable. */
export function refuseGuessable(password: string, whose: Whose, path: string): void {
  if (isGuessable(password, whose))
    throw new DomainError('invalid-request', {
      errors: [{ path, message: 'is one of those that are guessed first' }],
    })
}
