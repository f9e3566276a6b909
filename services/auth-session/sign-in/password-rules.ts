import { readFileSync } from 'node:fs'
import { codePoints } from '#lib/contract/rules.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { AuthDeps } from '../auth-deps.ts'

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

/** NIST SP 800-63B-4 §3.1.1.2: in code points of the normalised text; alone a password must be longer. */
const codePointsMin = { alone: 15, besideSecondFactor: 8 }

/**
 * Throws `weak-password` naming the field where the password is guessable, or too short for what else its owner proves.
 * A role that demands a second factor does not count: until one is enrolled, the password alone enrols it.
 */
export async function refuseWeak(
  deps: Pick<AuthDeps, 'secondFactors'>,
  password: string,
  // `id` is left out where the account is about to be made.
  { id: userId, ...whose }: Whose & { readonly id?: string },
  path: string,
): Promise<void> {
  const refuse = (message: string) => new DomainError('weak-password', { errors: [{ path, message }] })
  if (isGuessable(password, whose)) throw refuse('is one of those that are guessed first')
  const length = codePoints(password.normalize('NFC'))
  if (length >= codePointsMin.alone) return
  const { practiceId } = whose
  const factors = userId === undefined ? [] : await deps.secondFactors.methods({ practiceId, userId })
  if (factors.length === 0)
    throw refuse(`must have ${codePointsMin.alone} characters or more without a second factor`)
  if (length < codePointsMin.besideSecondFactor)
    throw refuse(`must have ${codePointsMin.besideSecondFactor} characters or more`)
}
