import { ExponentialBackoff, handleType, retry } from 'cockatiel'
import { z } from 'zod'
import { DomainError } from '#lib/http/domain-error.ts'
import { crc32c } from './crc32c.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import type { AccessTokens, Fetch } from './metadata-token.ts'

/** What may go away by itself: no answer, a busy or broken service, bytes that were damaged on their way. */
class PassingTrouble extends Error {
  override readonly name = 'PassingTrouble'
}

/** Cloud KMS will not do it, however often it is asked: another key, another practice, no permission. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused'
}

const Encrypted = z.object({
  name: z.string(),
  ciphertext: z.base64(),
  ciphertextCrc32c: z.string(),
  // JSON of a protocol buffer leaves out what is false.
  verifiedPlaintextCrc32c: z.boolean().default(false),
  verifiedAdditionalAuthenticatedDataCrc32c: z.boolean().default(false),
})
const Decrypted = z.object({ plaintext: z.base64(), plaintextCrc32c: z.string() })

/** Says which wrapped keys are KMS's, so that it is not asked for what a local key wrapped. */
const prefix = 'kms.'

/**
 * Wraps by Cloud KMS, whose keys never leave it: `cryptoKeys.encrypt` and `.decrypt` over REST, the practice as
 * additional authenticated data, a checksum on every text both ways. KMS opens with whichever version sealed, so
 * rotating its key needs nothing from us. Where it stays away a `key-service-unavailable` (503) is thrown.
 * https://docs.cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
 * https://docs.cloud.google.com/kms/docs/data-integrity-guidelines
 */
export function createCloudKmsWrapper(deps: {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`; `{practice}` in it gives each practice a key of its own. */
  keyName: string
  tokens: AccessTokens
  fetch: Fetch
  origin?: string
  timeoutMs?: number
  tries?: number
  backOffMs?: number
}): KeyWrapper {
  const { tokens, origin = 'https://cloudkms.googleapis.com', timeoutMs = 3_000, tries = 4 } = deps
  const policy = retry(handleType(PassingTrouble), {
    maxAttempts: tries - 1,
    backoff: new ExponentialBackoff({ initialDelay: deps.backOffMs ?? 200, maxDelay: 2_000 }),
  })

  const call = async <S extends z.ZodType>(
    practiceId: string,
    verb: 'encrypt' | 'decrypt',
    body: object,
    schema: S,
  ): Promise<z.output<S>> => {
    const token = await passing(tokens.get())
    const additional = Buffer.from(practiceId)
    const answer = await passing(
      deps.fetch(`${origin}/v1/${nameFor(practiceId)}:${verb}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({
          ...body,
          additionalAuthenticatedData: additional.toString('base64'),
          additionalAuthenticatedDataCrc32c: checksum(additional),
        }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      }),
    )
    const text = await passing(answer.text())
    if (answer.status === 401) tokens.forget()
    if (answer.status === 401 || answer.status === 429 || answer.status >= 500)
      throw new PassingTrouble(`status ${answer.status}`)
    if (!answer.ok) throw new KeyRefused(`Cloud KMS refused to ${verb}: status ${answer.status}`)
    const parsed = schema.safeParse(jsonOf(text))
    if (!parsed.success) throw new PassingTrouble('an answer of another shape')
    return parsed.data
  }

  const nameFor = (practiceId: string): string => deps.keyName.replaceAll('{practice}', practiceId)

  const surely = async (work: () => Promise<Buffer>): Promise<Buffer> => {
    try {
      return await policy.execute(work)
    } catch (error) {
      if (error instanceof PassingTrouble) throw new DomainError('key-service-unavailable', { cause: error })
      throw error
    }
  }

  return {
    async wrap(practiceId, key) {
      const ciphertext = await surely(async () => {
        const body = { plaintext: key.toString('base64'), plaintextCrc32c: checksum(key) }
        const answer = await call(practiceId, 'encrypt', body, Encrypted)
        if (!answer.verifiedPlaintextCrc32c || !answer.verifiedAdditionalAuthenticatedDataCrc32c)
          throw new PassingTrouble('KMS did not get what was sent')
        if (!answer.name.startsWith(`${nameFor(practiceId)}/cryptoKeyVersions/`))
          throw new KeyRefused('Cloud KMS used another key')
        return intact(answer.ciphertext, answer.ciphertextCrc32c)
      })
      return `${prefix}${ciphertext.toString('base64url')}`
    },

    async unwrap(practiceId, wrapped) {
      if (!wrapped.startsWith(prefix)) throw new KeyRefused('not wrapped by Cloud KMS')
      const ciphertext = Buffer.from(wrapped.slice(prefix.length), 'base64url')
      return surely(async () => {
        const body = { ciphertext: ciphertext.toString('base64'), ciphertextCrc32c: checksum(ciphertext) }
        const answer = await call(practiceId, 'decrypt', body, Decrypted)
        return intact(answer.plaintext, answer.plaintextCrc32c)
      })
    },
  }
}

/** An int64 in JSON is a string. */
const checksum = (bytes: Buffer): string => String(crc32c(bytes))

function intact(base64: string, expected: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (checksum(bytes) !== expected) throw new PassingTrouble('the answer was damaged on its way')
  return bytes
}

/** No answer, or half of one, is worth another try. */
async function passing<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (error) {
    throw new PassingTrouble('no answer', { cause: error })
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
