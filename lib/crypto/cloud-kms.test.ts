import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCloudKmsWrapper, KeyRefused } from './cloud-kms.ts'
import { crc32c } from './crc32c.ts'
import { createKeyWrapperChain, createLocalKeyWrapper } from './key-wrapper.ts'
import { createMetadataTokens } from './metadata-token.ts'
import { type Fault, type PlayedGoogle, playGoogle } from './testing/play-google.ts'

const ring = 'projects/clinic/locations/us-east1/keyRings/phi'
const keyName = `${ring}/cryptoKeys/data-keys`
const dataKey = randomBytes(32)

let google: PlayedGoogle
beforeEach(async () => {
  google = await playGoogle()
})
afterEach(() => google.stop())

const open = (name = keyName) => {
  const tokens = createMetadataTokens({ fetch, now: Date.now, origin: google.origin })
  return createCloudKmsWrapper({
    keyName: name,
    tokens,
    fetch,
    origin: google.origin,
    timeoutMs: 300,
    backOffMs: 5,
  })
}

test('opens what it wrapped', async () => {
  const wrapper = open()
  const wrapped = await wrapper.wrap('north', dataKey)
  expect(wrapped).toMatch(/^kms\.[\w-]+$/)
  expect(await wrapper.unwrap('north', wrapped)).toEqual(dataKey)
})

test('asks Cloud KMS in the shape its reference gives, with a checksum on every text', async () => {
  const wrapper = open()
  const wrapped = await wrapper.wrap('north', dataKey)
  await wrapper.unwrap('north', wrapped)
  const base64 = (bytes: Buffer) => bytes.toString('base64')
  const aad = {
    additionalAuthenticatedData: base64(Buffer.from('north')),
    additionalAuthenticatedDataCrc32c: String(crc32c(Buffer.from('north'))),
  }
  const ciphertext = Buffer.from(wrapped.slice(4), 'base64url')
  const headers = { authorization: 'Bearer token-1', 'content-type': 'application/json' }
  expect(google.kmsCalls()).toMatchObject([
    { method: 'POST', path: `/v1/${keyName}:encrypt`, headers },
    { method: 'POST', path: `/v1/${keyName}:decrypt`, headers },
  ])
  expect(google.kmsCalls().map(({ body }) => body)).toEqual([
    { ...aad, plaintext: base64(dataKey), plaintextCrc32c: String(crc32c(dataKey)) },
    { ...aad, ciphertext: base64(ciphertext), ciphertextCrc32c: String(crc32c(ciphertext)) },
  ])
})

test('gives each practice a key of its own where the name says so', async () => {
  const wrapper = open(`${ring}/cryptoKeys/phi-{practice}`)
  const wrapped = await wrapper.wrap('north', dataKey)
  expect(google.kmsCalls()[0]?.path).toBe(`/v1/${ring}/cryptoKeys/phi-north:encrypt`)
  expect(await wrapper.unwrap('north', wrapped)).toEqual(dataKey)
})

test('refuses at once, and asks no second time, what was wrapped for another practice', async () => {
  const wrapper = open()
  const wrapped = await wrapper.wrap('north', dataKey)
  await expect(wrapper.unwrap('south', wrapped)).rejects.toBeInstanceOf(KeyRefused)
  expect(google.kmsCalls()).toHaveLength(2)
})

const damaged = (member: string): Fault => ({
  change: (answer) => ({ ...answer, [member]: Buffer.alloc(40).toString('base64') }),
})
const without = (member: string): Fault => ({
  change: ({ [member]: _, ...answer }) => answer,
})

test.each<[string, Fault]>([
  ['429', { status: 429 }],
  ['500', { status: 500 }],
  ['503', { status: 503 }],
  ['a cut connection', 'cut'],
  ['no answer in time', 'hold'],
  ['no JSON', { status: 200, body: '<html>' }],
  ['another shape', { status: 200, body: '{}' }],
  ['a ciphertext that its checksum does not fit', damaged('ciphertext')],
  ['a key that was damaged on its way to KMS', without('verifiedPlaintextCrc32c')],
  ['a practice that was damaged on its way to KMS', without('verifiedAdditionalAuthenticatedDataCrc32c')],
])('wraps at the second try after %s', async (_what, fault) => {
  google.faults.push(fault)
  const wrapper = open()
  const wrapped = await wrapper.wrap('north', dataKey)
  expect(google.kmsCalls()).toHaveLength(2)
  expect(await wrapper.unwrap('north', wrapped)).toEqual(dataKey)
})

test.each<[string, Fault]>([
  ['429', { status: 429 }],
  ['503', { status: 503 }],
  ['no answer in time', 'hold'],
  ['a key that its checksum does not fit', damaged('plaintext')],
])('unwraps at the second try after %s', async (_what, fault) => {
  const wrapper = open()
  const wrapped = await wrapper.wrap('north', dataKey)
  google.faults.push(fault)
  expect(await wrapper.unwrap('north', wrapped)).toEqual(dataKey)
  expect(google.kmsCalls()).toHaveLength(3)
})

test('tries again with a new token where the old one was refused', async () => {
  google.faults.push({ status: 401 })
  await open().wrap('north', dataKey)
  expect(google.kmsCalls().map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ])
})

test('says that the key service is away after four tries, as 503 and not as a wrong key', async () => {
  google.faults.push(...Array.from({ length: 4 }, () => ({ status: 503 })))
  await expect(open().wrap('north', dataKey)).rejects.toMatchObject({
    code: 'key-service-unavailable',
    status: 503,
  })
  expect(google.kmsCalls()).toHaveLength(4)
})

test('says the same where the metadata server is away', async () => {
  google.tokenFaults.push(...Array.from({ length: 4 }, () => ({ status: 500 })))
  await expect(open().wrap('north', dataKey)).rejects.toMatchObject({ code: 'key-service-unavailable' })
  expect(google.kmsCalls()).toEqual([])
})

test.each([400, 403, 404])(
  'does not ask again after %i, and quotes nothing of the answer',
  async (status) => {
    google.faults.push({ status, body: '{"error":{"message":"planted-secret"}}' })
    const refusal = await open()
      .wrap('north', dataKey)
      .catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(KeyRefused)
    expect(String(refusal)).not.toContain('planted-secret')
    expect(google.kmsCalls()).toHaveLength(1)
  },
)

test('refuses an answer of another key', async () => {
  google.faults.push({
    change: (answer) => ({ ...answer, name: `${ring}/cryptoKeys/other/cryptoKeyVersions/1` }),
  })
  await expect(open().wrap('north', dataKey)).rejects.toThrow('used another key')
})

test('follows no redirect with its token', async () => {
  google.faults.push(
    ...Array.from({ length: 4 }, () => ({
      status: 307,
      headers: { Location: `${google.origin}/v1/elsewhere` },
    })),
  )
  await expect(open().wrap('north', dataKey)).rejects.toThrow()
  expect(google.seen.map(({ path }) => path)).not.toContain('/v1/elsewhere')
})

test('moves from the local key to KMS: old keys stay readable, KMS is not asked for them', async () => {
  const local = createLocalKeyWrapper(randomBytes(32))
  const old = await local.wrap('north', dataKey)
  const both = createKeyWrapperChain([open(), local])
  expect(await both.unwrap('north', old)).toEqual(dataKey)
  expect(google.kmsCalls()).toEqual([])
  const wrapped = await both.wrap('north', dataKey)
  expect(wrapped).toMatch(/^kms\./)
  expect(await both.unwrap('north', wrapped)).toEqual(dataKey)
})

test('KMS being away does not look like a wrong key behind the local one', async () => {
  const both = createKeyWrapperChain([open(), createLocalKeyWrapper(randomBytes(32))])
  const wrapped = await both.wrap('north', dataKey)
  google.faults.push(...Array.from({ length: 4 }, () => 'cut' as const))
  await expect(both.unwrap('north', wrapped)).rejects.toMatchObject({ code: 'key-service-unavailable' })
})
