import { createSecretKey, randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { createOpenedAddresses } from './opened-addresses.ts'

const newKey = () => createSecretKey(randomBytes(32))
const sealed = 'v1.kid.iv.ciphertext.tag'
let opened: string[]
let held: ReturnType<typeof newKey> | undefined
beforeEach(() => {
  opened = []
  held = newKey()
})
const openAddress = () =>
  createOpenedAddresses({
    dataKeys: {
      byId: (_practice, kid) =>
        held && kid === 'kid' ? held : Promise.reject(new Error('the data key is unknown or was shredded')),
    },
    open: (practiceId, userId) => {
      opened.push(userId)
      return Promise.resolve(`${userId}@${practiceId}`)
    },
  })

test('opens an address once for as long as its key is held', async () => {
  const open = openAddress()
  for (let n = 0; n < 3; n += 1) expect(await open('north', 'a', sealed)).toBe('a@north')
  expect(opened).toEqual(['a'])
})

test('answers each user’s own address, whatever else stands under the same text', async () => {
  const open = openAddress()
  expect(await open('north', 'a', sealed)).toBe('a@north')
  expect(await open('north', 'b', sealed)).toBe('b@north')
  expect(await open('south', 'a', sealed)).toBe('a@south')
})

test('answers nothing of what was shredded, and opens anew under another key', async () => {
  const open = openAddress()
  await open('north', 'a', sealed)
  held = undefined
  await expect(open('north', 'a', sealed)).rejects.toThrow('shredded')
  held = newKey()
  await open('north', 'a', sealed)
  expect(opened).toEqual(['a', 'a'])
})

test('does not remember without end', async () => {
  const open = openAddress()
  for (let n = 0; n <= 2_000; n += 1) await open('north', String(n), sealed)
  await open('north', '0', sealed)
  expect(opened.filter((userId) => userId === '0')).toHaveLength(2)
})
