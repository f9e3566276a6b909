import { createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { open } from './aes-gcm.ts'
import type { DataKeys } from './data-keys.ts'
import { createFieldCipher, type FieldPlace } from './field-cipher.ts'

const key = createSecretKey(randomBytes(32))
let currentKid = '0a1b2c3d'
const kids = ['0a1b2c3d', 'feedbeef']
/** Every practice has the same key here, so that only the bound place can tell one from another. */
const dataKeys: DataKeys = {
  current: () => ({ kid: currentKid, key }),
  async byId(_practiceId, kid) {
    if (!kids.includes(kid)) throw new Error('unknown key')
    return key
  },
  currentId: async () => currentKid,
  ensure: async () => {},
}
const cipher = createFieldCipher({ dataKeys, environment: 'test' })
afterEach(() => {
  currentKid = '0a1b2c3d'
})
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

test('writes the five parts of the place into what is authenticated, as JSON', async () => {
  const [, , iv = '', ciphertext = '', tag = ''] = (await cipher.encrypt(place, 'text')).split('.')
  const bytes = (part: string) => Buffer.from(part, 'base64url')
  const aad = Buffer.from('["v1","test","north","{tebra}:request:1","params"]')
  expect(open(key, bytes(iv), aad, bytes(ciphertext), bytes(tag)).toString()).toBe('text')
})

test('renews what is under an earlier key, in its place, and leaves alone what is not', async () => {
  const old = await cipher.encrypt(place, 'a diagnosis')
  expect(await cipher.renew(place, old)).toBeUndefined()
  currentKid = 'feedbeef'
  const renewed = (await cipher.renew(place, old)) ?? ''
  expect(renewed).toMatch(/^v1\.feedbeef\./)
  expect(await cipher.decrypt(place, renewed)).toBe('a diagnosis')
  expect(await cipher.renew(place, renewed)).toBeUndefined()
  await expect(cipher.renew({ ...place, field: 'result' }, old)).rejects.toThrow()
})
