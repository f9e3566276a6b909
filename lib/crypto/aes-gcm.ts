import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

const algorithm = 'aes-256-gcm'
/** NIST SP 800-38D §8.2.2: IVs drawn at random are 96 bits, and one key seals at most 2^32 values under them. */
export const ivBytes = 12
export const sealsPerKeyMax = 2 ** 32
export const tagBytes = 16
/** A shorter tag would be easier to forge; Node takes any unless it is told. */
const tagLength = { authTagLength: tagBytes }

/** AES-256-GCM. The IV must never have been used with this key before. */
export function seal(
  key: KeyObject,
  iv: Buffer,
  aad: string | Buffer,
  plaintext: string | Buffer,
): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv(algorithm, key, iv).setAAD(aad)
  const ciphertext =
    typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext)
  // GCM is a stream: what `final` hands out is empty (as a text it takes no memory), it completes the tag.
  cipher.final('latin1')
  return { ciphertext, tag: cipher.getAuthTag() }
}

/** Throws, without a word about why, where key, IV, AAD, ciphertext and tag do not belong together. */
export function open(
  key: KeyObject,
  iv: Buffer,
  aad: string | Buffer,
  ciphertext: Buffer,
  tag: Buffer,
): Buffer {
  const decipher = createDecipheriv(algorithm, key, iv, tagLength).setAAD(aad).setAuthTag(tag)
  const plaintext = decipher.update(ciphertext)
  // Nothing of the text leaves this function before its tag was found right.
  decipher.final('latin1')
  return plaintext
}
