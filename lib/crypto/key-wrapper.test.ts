import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { chooseKeyWrapper } from './choose-key-wrapper.ts'
import { createKeyWrapperChain, createLocalKeyWrapper } from './key-wrapper.ts'

const [first, second, dataKey] = [randomBytes(32), randomBytes(32), randomBytes(32)]
const nobody = { fetch: () => Promise.reject(new Error('nobody is to be called')), now: Date.now }

test('opens what it wrapped, only for the same practice and by the same key', async () => {
  const wrapper = createLocalKeyWrapper(first)
  const wrapped = await wrapper.wrap('north', dataKey)
  expect(await wrapper.unwrap('north', wrapped)).toEqual(dataKey)
  await expect(wrapper.unwrap('south', wrapped)).rejects.toThrow()
  await expect(createLocalKeyWrapper(second).unwrap('north', wrapped)).rejects.toThrow()
})

test('refuses a wrapped key in which any byte was changed, or that was cut', async () => {
  const wrapper = createLocalKeyWrapper(first)
  const wrapped = Buffer.from(await wrapper.wrap('north', dataKey), 'base64url')
  for (let at = 0; at < wrapped.length; at += 1) {
    const changed = Buffer.from(wrapped)
    changed.writeUInt8((changed[at] ?? 0) ^ 1, at)
    await expect(wrapper.unwrap('north', changed.toString('base64url'))).rejects.toThrow()
    await expect(wrapper.unwrap('north', wrapped.subarray(0, at).toString('base64url'))).rejects.toThrow()
  }
})

test('never wraps the same key to the same text', async () => {
  const wrapper = createLocalKeyWrapper(first)
  const wrapped = await Promise.all(Array.from({ length: 20 }, () => wrapper.wrap('north', dataKey)))
  expect(new Set(wrapped).size).toBe(20)
})

test('wraps by the new key and opens what the previous one wrapped, as configured', async () => {
  const before = chooseKeyWrapper({ PHI_KEY: first }, nobody)
  const during = chooseKeyWrapper({ PHI_KEY: second, PHI_KEY_PREVIOUS: first }, nobody)
  const after = chooseKeyWrapper({ PHI_KEY: second }, nobody)
  const old = await before.wrap('north', dataKey)
  expect(await during.unwrap('north', old)).toEqual(dataKey)
  const renewed = await during.wrap('north', await during.unwrap('north', old))
  expect(await after.unwrap('north', renewed)).toEqual(dataKey)
  await expect(after.unwrap('north', old)).rejects.toThrow()
})

test('wraps by Cloud KMS where its key is named', async () => {
  const called: string[] = []
  const fetch = (url: string) => {
    called.push(new URL(url).host)
    return Promise.resolve(new Response('', { status: 404 }))
  }
  const wrapper = chooseKeyWrapper(
    { PHI_KEY: first, PHI_KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' },
    { fetch, now: Date.now },
  )
  await expect(wrapper.wrap('north', dataKey)).rejects.toMatchObject({ code: 'key-service-unavailable' })
  expect(new Set(called)).toEqual(new Set(['metadata.google.internal']))
  expect(await wrapper.unwrap('north', await createLocalKeyWrapper(first).wrap('north', dataKey))).toEqual(
    dataKey,
  )
})

test('needs at least one key-encryption key', () => {
  expect(() => createKeyWrapperChain([])).toThrow('is needed')
})
