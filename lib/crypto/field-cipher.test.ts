import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { DataKeys } from './data-keys.ts'
import { createFieldCipher, type FieldPlace } from './field-cipher.ts'

const key = randomBytes(32)
/** Every practice has the same key here, so that only the bound place can tell one from another. */
const dataKeys: DataKeys = {
  current: async () => ({ kid: '0a1b2c3d', key }),
  async byId(_practiceId, kid) {
    if (kid !== '0a1b2c3d') throw new Error('unknown key')
    return key
  },
  ensure: async () => {},
}
const cipher = createFieldCipher({ dataKeys, environment: 'test' })
const place: FieldPlace = { practiceId: 'north', key: '{tebra}:request:1', field: 'params' }

test.each(['', 'a', '{"firstName":"Zoë"}', '🩺'.repeat(10_000)])('opens what it sealed', async (text) => {
  expect(await cipher.decrypt(place, await cipher.encrypt(place, text))).toBe(text)
})

test('states version, key id, iv, ciphertext and tag, and shows nothing of the text', async () => {
  const sealed = await cipher.encrypt(place, 'Miller')
  expect(sealed).toMatch(/^v1\.0a1b2c3d\.[\w-]{16}\.[\w-]{8}\.[\w-]{22}$/)
  expect(sealed).not.toContain('Miller')
})

test('never seals the same text to the same value', async () => {
  const sealed = await Promise.all(Array.from({ length: 50 }, () => cipher.encrypt(place, 'same')))
  expect(new Set(sealed).size).toBe(50)
})

test('refuses a value in which any one character was changed', async () => {
  const sealed = await cipher.encrypt(place, 'a diagnosis')
  for (let at = 0; at < sealed.length; at += 1)
    for (const other of ['A', 'B', '.', '=', ' ']) {
      const changed = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`
      if (changed !== sealed) await expect(cipher.decrypt(place, changed), changed).rejects.toThrow()
    }
})

test('refuses a value that was cut, extended or padded', async () => {
  const sealed = await cipher.encrypt(place, 'a diagnosis')
  for (const changed of [
    '',
    'v1',
    sealed.slice(0, -1),
    `${sealed}=`,
    `${sealed}\n`,
    `${sealed}.`,
    `${sealed}.AAAA`,
    sealed.replace('v1.', 'v2.'),
    sealed.split('.').slice(0, 4).join('.'),
  ])
    await expect(cipher.decrypt(place, changed), changed).rejects.toThrow()
})

test.each([
  ['practice', { ...place, practiceId: 'south' }],
  ['key', { ...place, key: '{tebra}:request:2' }],
  ['field', { ...place, field: 'result' }],
])('refuses a value that was moved to another %s', async (_what, elsewhere) => {
  const sealed = await cipher.encrypt(place, 'a diagnosis')
  await expect(cipher.decrypt(elsewhere, sealed)).rejects.toThrow()
})

test('refuses a value of another environment', async () => {
  const sealed = await cipher.encrypt(place, 'a diagnosis')
  const production = createFieldCipher({ dataKeys, environment: 'production' })
  await expect(production.decrypt(place, sealed)).rejects.toThrow()
})

test('cannot be deceived by parts of a place that run into each other', async () => {
  const sealed = await cipher.encrypt({ practiceId: 'a', key: 'b","c', field: 'd' }, 'text')
  await expect(cipher.decrypt({ practiceId: 'a', key: 'b', field: 'c","d' }, sealed)).rejects.toThrow()
})
