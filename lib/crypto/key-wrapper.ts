import { createSecretKey, randomBytes } from 'node:crypto'
import { DomainError } from '#lib/http/domain-error.ts'
import { ivBytes, open, seal, tagBytes } from './aes-gcm.ts'

/** Wraps data keys by a key-encryption key that never reaches Redis: a file's key on one machine, a KMS elsewhere. */
export interface KeyWrapper {
  /** The practice is bound in, so wrapped keys cannot be swapped. */
  wrap(practiceId: string, key: Buffer): Promise<string>
  /** Throws where another key-encryption key or another practice's wrapped it. */
  unwrap(practiceId: string, wrapped: string): Promise<Buffer>
}

/** A wrapper around 32 bytes of the machine's own. */
export function createLocalKeyWrapper(keyEncryptionKey: Buffer): KeyWrapper {
  const kek = createSecretKey(keyEncryptionKey)
  return {
    async wrap(practiceId, key) {
      const iv = randomBytes(ivBytes)
      const { ciphertext, tag } = seal(kek, iv, Buffer.from(practiceId), key)
      return Buffer.concat([iv, ciphertext, tag]).toString('base64url')
    },
    async unwrap(practiceId, wrapped) {
      const bytes = Buffer.from(wrapped, 'base64url')
      const [iv, ciphertext, tag] = [
        bytes.subarray(0, ivBytes),
        bytes.subarray(ivBytes, -tagBytes),
        bytes.subarray(-tagBytes),
      ]
      return open(kek, iv, Buffer.from(practiceId), ciphertext, tag)
    },
  }
}

/** Wraps by the first; opens what any of them wrapped, so that the key-encryption key can be changed while we run. */
export function createKeyWrapperChain(wrappers: readonly KeyWrapper[]): KeyWrapper {
  const [first] = wrappers
  if (!first) throw new Error('a key-encryption key is needed')
  return {
    wrap: (practiceId, key) => first.wrap(practiceId, key),
    async unwrap(practiceId, wrapped) {
      const failures: unknown[] = []
      for (const wrapper of wrappers) {
        try {
          return await wrapper.unwrap(practiceId, wrapped)
        } catch (error) {
          failures.push(error)
        }
      }
      // A key service that is away must not look like a wrong key.
      throw failures.find((failure) => failure instanceof DomainError) ?? failures[0]
    },
  }
}
