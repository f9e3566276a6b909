import { createCipheriv, scrypt, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** Checks a password against a hash that another system made. */
export type VerifyForeign = (password: string, text: string) => Promise<boolean>

/** What stands before the first `$` of an imported hash, where our own hashes name their pepper. */
export const bcryptMark = 'bcrypt'
export const firebaseMark = 'firebase-scrypt'

const bcryptForm = /^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/
/** A bcrypt hash as it is stored here until its user signs in; undefined where it is none, or costs too much to check. */
export const importedBcrypt = (hash: string): string | undefined =>
  bcryptForm.test(hash) ? bcryptMark + hash : undefined

export const importedFirebase = (salt: string, hash: string): string => [firebaseMark, salt, hash].join('$')

/** Bytes that bcrypt reads; what is longer counts only up to there. */
const bcryptBytesMax = 72

/** `verify` is the platform's bcrypt; some hash a longer password first, which no provider did. */
export const createBcryptVerifier =
  (verify: (password: Uint8Array, hash: string) => Promise<boolean>): VerifyForeign =>
  (password, text) =>
    verify(Buffer.from(password).subarray(0, bcryptBytesMax), text)

/** As the Firebase console shows it (Authentication, Users, Password hash parameters). */
export const FirebaseHashConfig = z.object({
  algorithm: z.literal('SCRYPT').optional(),
  base64_signer_key: z.base64().min(1),
  base64_salt_separator: z.base64(),
  rounds: z.int().min(1).max(8),
  mem_cost: z.int().min(1).max(14),
})
export type FirebaseHashConfig = z.infer<typeof FirebaseHashConfig>

/**
 * Firebase's variant of scrypt (https://github.com/firebase/scrypt): the derived key encrypts the project's signer key
 * by AES-256-CTR from a zero counter, and that is the hash.
 */
export function createFirebaseVerifier(config: FirebaseHashConfig): VerifyForeign {
  const signerKey = Buffer.from(config.base64_signer_key, 'base64')
  const separator = Buffer.from(config.base64_salt_separator, 'base64')
  const cost = { N: 2 ** config.mem_cost, r: config.rounds, p: 1, maxmem: 64 * 1024 * 1024 }

  const derive = (password: string, salt: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) =>
      scrypt(password, Buffer.concat([salt, separator]), 32, cost, (error, key) =>
        error ? reject(error) : resolve(key),
      ),
    )

  return async (password, text) => {
    const [, salt = '', hash = ''] = text.split('$')
    const key = await derive(password, Buffer.from(salt, 'base64'))
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
    const made = Buffer.concat([cipher.update(signerKey), cipher.final()])
    const stored = Buffer.from(hash, 'base64')
    return made.length === stored.length && timingSafeEqual(made, stored)
  }
}

/** Those of them that this installation can check, by their mark. */
export function foreignHashes(
  verifyBcrypt: ((password: Uint8Array, hash: string) => Promise<boolean>) | undefined,
  firebase: FirebaseHashConfig | undefined,
): ReadonlyMap<string, VerifyForeign> {
  const found = new Map<string, VerifyForeign>()
  if (verifyBcrypt) found.set(bcryptMark, createBcryptVerifier(verifyBcrypt))
  if (firebase) found.set(firebaseMark, createFirebaseVerifier(firebase))
  return found
}
