import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMetadataTokens } from './metadata-token.ts'
import { type PlayedGoogle, playGoogle } from './testing/play-google.ts'

let google: PlayedGoogle
let now = 0
beforeEach(async () => {
  google = await playGoogle()
  now = 0
})
afterEach(() => google.stop())
const open = () => createMetadataTokens({ fetch, now: () => now, origin: google.origin })

test('asks as the metadata server wants to be asked', async () => {
  expect(await open().get()).toBe('token-1')
  expect(google.seen).toMatchObject([
    {
      method: 'GET',
      path: '/computeMetadata/v1/instance/service-accounts/default/token',
      headers: { 'metadata-flavor': 'Google' },
    },
  ])
})

test('keeps a token until 3:45 before its end, and asks once for 20 callers', async () => {
  const tokens = open()
  await Promise.all(Array.from({ length: 20 }, () => tokens.get()))
  now = 3_600_000 - 225_000 - 1
  expect(await tokens.get()).toBe('token-1')
  now += 1
  expect(await tokens.get()).toBe('token-2')
  expect(google.tokenCalls()).toHaveLength(2)
})

test('uses a token that is about to end, but does not keep it', async () => {
  google.setTokenLife(100)
  const tokens = open()
  expect(await tokens.get()).toBe('token-1')
  expect(await tokens.get()).toBe('token-2')
})

test('forgets a token that was refused', async () => {
  const tokens = open()
  await tokens.get()
  tokens.forget()
  expect(await tokens.get()).toBe('token-2')
})

test('believes nobody else who answers at that address', async () => {
  google.tokenFaults.push({ status: 200, body: '{"access_token":"evil","expires_in":3600}' })
  await expect(open().get()).rejects.toThrow('no token')
})

test('does not keep a failure', async () => {
  google.tokenFaults.push({ status: 503 })
  const tokens = open()
  await expect(tokens.get()).rejects.toThrow('status 503')
  expect(await tokens.get()).toBe('token-1')
})
