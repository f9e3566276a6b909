import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { DataKeys } from './data-keys.ts'

/** Where a value stands; it is bound into the ciphertext, so a value moved elsewhere does not decrypt. */
export interface FieldPlace {
  readonly practiceId: string
  readonly key: string
  readonly field: string
}

export interface FieldCipher {
  /** → `v1.<kid>.<iv>.<ciphertext>.<tag>`, each part base64url. */
  encrypt(place: FieldPlace, plaintext: string): Promise<string>
  /** Throws on any change of the text or of its place, and on an unknown key. */
  decrypt(place: FieldPlace, sealed: string): Promise<string>
}

const algorithm = 'aes-256-gcm'
/** NIST SP 800-38D: 96-bit IVs; at random, at most 2^32 values per key. */
const ivBytes = 12

/** AES-256-GCM with a data key per practice; AAD = version, environment, practice, key and field. */
export function createFieldCipher(deps: { dataKeys: DataKeys; environment: string }): FieldCipher {
  const aad = (place: FieldPlace) =>
    Buffer.from(JSON.stringify(['v1', deps.environment, place.practiceId, place.key, place.field]))

  return {
    async encrypt(place, plaintext) {
      const { kid, key } = await deps.dataKeys.current(place.practiceId)
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv(algorithm, key, iv).setAAD(aad(place))
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      const parts = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))
      return ['v1', kid, ...parts].join('.')
    },

    async decrypt(place, sealed) {
      const [version, kid, iv, ciphertext, tag, ...rest] = sealed.split('.')
      if (version !== 'v1' || !kid || !iv || ciphertext === undefined || !tag || rest.length > 0)
        throw new Error('not a v1 sealed value')
      const key = await deps.dataKeys.byId(place.practiceId, kid)
      const decipher = createDecipheriv(algorithm, key, exactBytes(iv), { authTagLength: 16 })
        .setAAD(aad(place))
        .setAuthTag(exactBytes(tag))
      return decipher.update(exactBytes(ciphertext), undefined, 'utf8') + decipher.final('utf8')
    },
  }
}

/** Node reads several texts as the same bytes (spare bits, padding, foreign characters); only one of them is ours. */
function exactBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new Error('not a v1 sealed value')
  return bytes
}
