import { createSecretKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { open, seal, tagBytes } from './aes-gcm.ts'
import vectors from './aes-gcm-vectors.json' with { type: 'json' }

const bytes = (hex: string) => Buffer.from(hex, 'hex')
const read = ({ key, iv, aad, msg, ct, tag }: (typeof vectors.tests)[number]) => ({
  key: createSecretKey(bytes(key)),
  iv: bytes(iv),
  aad: bytes(aad),
  plaintext: bytes(msg),
  ciphertext: bytes(ct),
  tag: bytes(tag),
})
const valid = vectors.tests.filter(({ result }) => result === 'valid')
const invalid = vectors.tests.filter(({ result }) => result === 'invalid')

test.each(valid)('seals and opens as Wycheproof $tcId has it', (vector) => {
  const { key, iv, aad, plaintext, ciphertext, tag } = read(vector)
  expect(seal(key, iv, aad, plaintext)).toEqual({ ciphertext, tag })
  expect(open(key, iv, aad, ciphertext, tag)).toEqual(plaintext)
})

test.each(invalid)('refuses the forged tag of Wycheproof $tcId, and only because of the tag', (vector) => {
  const { key, iv, aad, plaintext, ciphertext, tag } = read(vector)
  expect(() => open(key, iv, aad, ciphertext, tag)).toThrow()
  expect(seal(key, iv, aad, plaintext).ciphertext).toEqual(ciphertext)
})

test('refuses a tag that was cut to what a forger could guess', () => {
  for (const vector of valid) {
    const { key, iv, aad, ciphertext, tag } = read(vector)
    for (const length of [0, 4, 8, 12, tagBytes - 1])
      expect(() => open(key, iv, aad, ciphertext, tag.subarray(0, length))).toThrow()
  }
})
