import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { CompactSign, compactVerify } from 'jose'
import { z } from 'zod'
import { Instant, PracticeId } from '#lib/contract/ids.ts'
import type { CheckpointSink } from './checkpoint-sink.ts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What is said of a chain at one moment, signed, and put where those who write the chain cannot change it. */
export const Checkpoint = z.strictObject({
  version: z.literal(1),
  practiceId: PracticeId,
  /** Of this checkpoint: 1, 2, 3 … without a gap. */
  number: z.int().positive(),
  /** The chain's last entry, which is also how many entries it has had, and that entry's mac. */
  seq: z.int().positive(),
  mac: z.string(),
  recordedAt: Instant,
  /** SHA-256 of the text of the checkpoint before this one; empty in the first. */
  previous: z.union([Sha256, z.literal('')]),
  /** The object that holds the entries since the checkpoint before this one. */
  entries: z.strictObject({ name: z.string(), sha256: Sha256 }),
})
export type Checkpoint = z.infer<typeof Checkpoint>

const type = 'audit-checkpoint+jws'
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Names each practice that has checkpoints; no practice's own name begins with this. */
const practicesFolder = '_practices/'
export const practiceName = (practiceId: string): string => `${practicesFolder}${practiceId}`
export const practicesIn = async (sink: CheckpointSink): Promise<string[]> =>
  (await sink.list(practicesFolder)).map((name) => name.slice(practicesFolder.length))

export const checkpointsOf = (practiceId: string): string => `${practiceId}/checkpoints/`
export const entriesOf = (practiceId: string): string => `${practiceId}/entries/`
/** A number has one name, so that of two writers only one can have written it. */
export const checkpointName = (practiceId: string, number: number): string =>
  `${checkpointsOf(practiceId)}${padded(number)}.jws`
/** Named by what is in it: whatever is there under the name is what would be written. */
export const entriesName = (practiceId: string, from: number, to: number, digest: string): string =>
  `${entriesOf(practiceId)}${padded(from)}-${padded(to)}-${digest.slice(0, 16)}.ndjson`

const padded = (number: number): string => String(number).padStart(12, '0')

/** A raw Ed25519 public key (32 bytes, RFC 8032). */
function verifyKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  })
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS #8. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface CheckpointSigner {
  sign(checkpoint: Checkpoint): Promise<string>
  /** Raw, for those who verify. */
  readonly publicKey: Buffer
}

/** Signs with Ed25519, as a compact JWS (RFC 7515, RFC 8037). `seed` is the private key's 32 bytes. */
export function createCheckpointSigner(seed: Buffer): CheckpointSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = Buffer.from(String(createPublicKey(privateKey).export({ format: 'jwk' }).x), 'base64url')
  const header = { alg: 'EdDSA', typ: type, kid: keyIdOf(publicKey) }
  return {
    publicKey,
    sign: (checkpoint) =>
      new CompactSign(Buffer.from(JSON.stringify(checkpoint))).setProtectedHeader(header).sign(privateKey),
  }
}

const keyIdOf = (raw: Buffer): string => createHash('sha256').update(raw).digest('hex').slice(0, 16)

/** Opens a checkpoint's text: undefined where none of the keys signed it or it is none. */
export type OpenCheckpoint = (text: string) => Promise<Checkpoint | undefined>

/** `publicKeys` are raw Ed25519 keys: the present one and those before it. */
export function createOpenCheckpoint(publicKeys: readonly Buffer[]): OpenCheckpoint {
  const keys = new Map(publicKeys.map((raw) => [keyIdOf(raw), verifyKeyOf(raw)]))
  return async (text) => {
    try {
      const { payload, protectedHeader } = await compactVerify(text, ({ kid = '' }) => keyNamed(kid), {
        algorithms: ['EdDSA'],
      })
      if (protectedHeader.typ !== type) return undefined
      return Checkpoint.parse(JSON.parse(Buffer.from(payload).toString()))
    } catch {
      // Not signed, not by us, or not a checkpoint: the caller reports all of it as forged.
      return undefined
    }
  }

  function keyNamed(kid: string): KeyObject {
    const key = keys.get(kid)
    if (!key) throw new Error('no such key')
    return key
  }
}
