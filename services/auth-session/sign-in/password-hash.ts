import { createHmac, randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { DomainError } from '#lib/http/domain-error.ts'
import { createQueue } from './hashing-queue.ts'

/** OWASP Password Storage Cheat Sheet: Argon2id (the package's default) with 19 MiB, 2 passes, 1 lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const form = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`

export interface PasswordHash {
  /** → `<pepper id>$argon2id$…`. */
  hash(password: string): Promise<string>
  /** False where there is no hash, after the same work. Throws `queue-full` when too many wait. */
  verify(password: string, hashed: string | undefined): Promise<boolean>
  /** Made with another pepper or another cost than hashes are made with now. */
  isOutdated(hashed: string): boolean
  /** Passwords that wait to be hashed or are being hashed. */
  waiting(): number
}

/**
 * Argon2id over HMAC-SHA256(pepper, NFC of the password) (NIST SP 800-63B-4 §3.1.1.2). Few at a time, because each
 * takes 19 MiB and a core: a flood of sign-ins fills the bounded queue, not the memory. A hash names its pepper, so
 * that the previous one goes on working until each user has signed in once more.
 */
export async function createPasswordHash(options: {
  pepper: Buffer
  previousPepper?: Buffer | undefined
  /** Hashes that other systems made, by the mark that stands where ours name their pepper. */
  foreign?: ReadonlyMap<string, (password: string, text: string) => Promise<boolean>>
  concurrency: number
  queueMax: number
}): Promise<PasswordHash> {
  const queue = createQueue(options)
  const current = idOf(options.pepper)
  const peppers = new Map([[current, options.pepper]])
  if (options.previousPepper) peppers.set(idOf(options.previousPepper), options.previousPepper)

  // As text: under Bun the package's verify rejects bytes that are not UTF-8.
  const peppered = (password: string, pepper: Buffer) =>
    createHmac('sha256', pepper).update(password.normalize('NFC')).digest('base64')
  const dummy = await hash(randomBytes(32).toString('base64'), cost)

  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.run(work)
    if (!result) throw new DomainError('queue-full', { detail: 'Too many people sign in just now.' })
    return result
  }

  return {
    hash: async (password) => current + (await queued(() => hash(peppered(password, options.pepper), cost))),

    async verify(password, hashed) {
      const { id, text } = partsOf(hashed ?? '')
      const pepper = peppers.get(id)
      const foreign = options.foreign?.get(id)
      const given = peppered(password, pepper ?? options.pepper)
      const same = await queued(() =>
        foreign ? foreign(password, text) : verify(pepper ? text : dummy, given),
      )
      return same && (pepper !== undefined || foreign !== undefined)
    },

    isOutdated(hashed) {
      const { id, text } = partsOf(hashed)
      return id !== current || !text.startsWith(form)
    },

    waiting: queue.size,
  }
}

/** Tells one pepper from another and nothing about either. */
const idOf = (pepper: Buffer): string =>
  createHmac('sha256', pepper).update('pepper id').digest('hex').slice(0, 8)

function partsOf(hashed: string): { id: string; text: string } {
  const at = hashed.indexOf('$')
  return { id: hashed.slice(0, Math.max(at, 0)), text: hashed.slice(Math.max(at, 0)) }
}
