import { randomBytes } from 'node:crypto'
import { ivBytes, open, seal, tagBytes } from './aes-gcm.ts'
import type { DataKeys } from './data-keys.ts'
import { exactBytes } from './exact-bytes.ts'
import { createIvSource } from './iv-source.ts'

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
  /** The same text under the practice's current key; undefined where it is under that key already. */
  renew(place: FieldPlace, sealed: string): Promise<string | undefined>
}

const ivCharacters = Math.ceil((ivBytes * 4) / 3)
const tagCharacters = Math.ceil((tagBytes * 4) / 3)
/** What is being opened is read into the same memory each time, which is in the cache; nothing is waited for meanwhile. */
const room = Buffer.alloc(16 * 1_024)
const tagAt = ivBytes
const ciphertextAt = tagAt + tagBytes

interface Parts {
  readonly kid: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** AES-256-GCM with a data key per practice; AAD = version, environment, practice, key and field. */
export function createFieldCipher(deps: { dataKeys: DataKeys; environment: string }): FieldCipher {
  const { dataKeys } = deps
  const nextIv = createIvSource(randomBytes)
  const aadOf = ({ practiceId, key, field }: FieldPlace): string =>
    JSON.stringify(['v1', deps.environment, practiceId, key, field])

  const cipher: FieldCipher = {
    async encrypt(place, plaintext) {
      const held = dataKeys.current(place.practiceId)
      // A key that is at hand is not waited for: this runs several times in each request.
      const { kid, key } = held instanceof Promise ? await held : held
      const iv = nextIv()
      const { ciphertext, tag } = seal(key, iv.bytes, aadOf(place), plaintext)
      return `v1.${kid}.${iv.text}.${ciphertext.toString('base64url')}.${tag.toString('base64url')}`
    },

    async decrypt(place, sealed) {
      const parts = partsOf(sealed)
      const held = dataKeys.byId(place.practiceId, parts.kid)
      const key = held instanceof Promise ? await held : held
      const iv = exactBytes(parts.iv, room)
      const tag = exactBytes(parts.tag, room, tagAt)
      const ciphertext = exactBytes(parts.ciphertext, room, ciphertextAt)
      return open(key, iv, aadOf(place), ciphertext, tag).toString('utf8')
    },

    async renew(place, sealed) {
      if (partsOf(sealed).kid === (await dataKeys.currentId(place.practiceId))) return undefined
      return cipher.encrypt(place, await cipher.decrypt(place, sealed))
    },
  }
  return cipher
}

/** IV and tag have one length each, so that the places of all dots are known once the key id has ended. */
function partsOf(sealed: string): Parts {
  const kidEnd = sealed.indexOf('.', 3)
  const [ivEnd, tagStart] = [kidEnd + 1 + ivCharacters, sealed.length - tagCharacters]
  const wellFormed =
    sealed.startsWith('v1.') &&
    kidEnd > 3 &&
    ivEnd < tagStart - 1 &&
    sealed[ivEnd] === '.' &&
    sealed[tagStart - 1] === '.'
  if (!wellFormed) throw new Error('not a v1 sealed value')
  return {
    kid: sealed.slice(3, kidEnd),
    iv: sealed.slice(kidEnd + 1, ivEnd),
    ciphertext: sealed.slice(ivEnd + 1, tagStart - 1),
    tag: sealed.slice(tagStart),
  }
}
