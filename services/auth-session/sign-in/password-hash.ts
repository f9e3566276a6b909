import { createHmac, randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { DomainError } from '#lib/http/domain-error.ts'
import { createQueue } from './hashing-queue.ts'

/** OWASP Password Storage Cheat Sheet: Argon2id (the package's default) with 19 MiB, 2 passes, 1 lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export interface PasswordHash {
  hash(password: string): Promise<string>
  /** False where there is no hash, after the same work. Throws `queue-full` when too many wait. */
  verify(password: string, hashed: string | undefined): Promise<boolean>
  /** Passwords that wait to be hashed or are being hashed. */
  waiting(): number
}

/**
 * Argon2id over HMAC-SHA256(pepper, NFC of the password) (NIST SP 800-63B-4 §3.1.1.2). Few at a time, because each
 * takes 19 MiB and a core: a flood of sign-ins fills the bounded queue, not the memory.
 */
export async function createPasswordHash(options: {
  pepper: Buffer
  concurrency: number
  queueMax: number
}): Promise<PasswordHash> {
  const queue = createQueue(options)
  // As text: under Bun the package's verify rejects bytes that are not UTF-8.
  const peppered = (password: string) =>
    createHmac('sha256', options.pepper).update(password.normalize('NFC')).digest('base64')
  const dummy = await hash(randomBytes(32).toString('base64'), cost)

  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.run(work)
    if (!result) throw new DomainError('queue-full', { detail: 'Too many people sign in just now.' })
    return result
  }

  return {
    hash: async (password) => queued(() => hash(peppered(password), cost)),
    verify: async (password, hashed) => {
      const same = await queued(() => verify(hashed ?? dummy, peppered(password)))
      return same && hashed !== undefined
    },
    waiting: queue.size,
  }
}
