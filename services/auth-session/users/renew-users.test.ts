import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDataKeyDesk } from '#lib/crypto/data-key-desk.ts'
import { createDataKeys } from '#lib/crypto/data-keys.ts'
import { createFieldCipher } from '#lib/crypto/field-cipher.ts'
import { createLocalKeyWrapper } from '#lib/crypto/key-wrapper.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createUserStore } from './user-store.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

const base = () => ({ redis: server.redis, wrapper: createLocalKeyWrapper(key), now: Date.now })
const key = randomBytes(32)
/** As a process that has just started. */
function startStore() {
  const dataKeys = createDataKeys(base())
  return createUserStore({
    redis: server.redis,
    dataKeys,
    cipher: createFieldCipher({ dataKeys, environment: 'test' }),
  })
}

test('a user who is read after a rotation is under the new data key, and reads the same', async () => {
  const user = {
    practiceId: 'north',
    id: randomUUID(),
    email: 'ana@north.example',
    roles: ['admin'] as const,
    passwordHash: '$argon2id$…',
    totpSecret: 'JBSWY3DPEHPK3PXP',
    createdAt: Date.parse('2026-11-20T00:00:00Z'),
  }
  await startStore().write(user)
  const kid = await createDataKeyDesk(base()).rotate('north')
  const kids = async () =>
    Object.entries(await server.redis.hgetall(sessionKeys.user('north', user.id)))
      .filter(([, text]) => text.startsWith('v1.'))
      .map(([field, text]) => [field, text.split('.')[1]])
      .sort()
  expect((await kids()).flat()).not.toContain(kid)

  expect(await startStore().find('north', user.id)).toMatchObject(user)
  expect(await kids()).toEqual([
    ['email', kid],
    ['passwordHash', kid],
    ['totp', kid],
  ])
  expect(await startStore().find('north', user.id)).toMatchObject(user)
})
