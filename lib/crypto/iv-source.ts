import { ivBytes } from './aes-gcm.ts'

export interface Iv {
  /** Until the next one is asked for. */
  readonly bytes: Buffer
  /** The same in base64url. */
  readonly text: string
}

const ivsDrawn = 256
/** 12 bytes are 16 base64url characters exactly, so that a whole draw is written out once and cut. */
const ivCharacters = 16

/** Hands out IVs that nobody can foretell, each once; the system is asked for random bytes once in 256 times. */
export function createIvSource(random: (bytes: number) => Buffer): () => Iv {
  const bytes = Buffer.alloc(ivBytes)
  let drawn: Buffer = Buffer.alloc(0)
  let text = ''
  let next = ivsDrawn
  return () => {
    if (next === ivsDrawn) {
      drawn = random(ivsDrawn * ivBytes)
      text = drawn.toString('base64url')
      next = 0
    }
    const index = next
    next += 1
    drawn.copy(bytes, 0, index * ivBytes, (index + 1) * ivBytes)
    return { bytes, text: text.slice(index * ivCharacters, (index + 1) * ivCharacters) }
  }
}
