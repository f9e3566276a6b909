import { expect, test } from 'vitest'
import { readConfig } from '#lib/config/read-config.ts'
import { AuthSessionConfig } from './config.ts'

const key = Buffer.alloc(32, 7).toString('base64')
const least = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  PHI_KEY: key,
  AUDIT_KEY: key,
  PASSWORD_PEPPER: key,
  LOGIN_INDEX_KEY: key,
}

test('the time-outs are 15 minutes and 12 hours unless shortened', () => {
  const config = readConfig(AuthSessionConfig, least)
  expect(config).toMatchObject({
    IDLE_TIMEOUT_MS: 900_000,
    ABSOLUTE_TIMEOUT_MS: 43_200_000,
    TRUSTED_PROXIES: 0,
  })
  expect(readConfig(AuthSessionConfig, { ...least, IDLE_TIMEOUT_MS: '60000' }).IDLE_TIMEOUT_MS).toBe(60_000)
})

test.each([
  ['IDLE_TIMEOUT_MS', '900001'],
  ['ABSOLUTE_TIMEOUT_MS', '43200001'],
  ['PASSWORD_PEPPER', 'hunter2'],
  ['LOGIN_INDEX_KEY', ''],
  ['TRUSTED_PROXIES', '-1'],
])('%s is refused by name when it is wrong, and its value is not told', (name, value) => {
  const read = () => readConfig(AuthSessionConfig, { ...least, [name]: value })
  expect(read).toThrow(name)
  if (value !== '') expect(read).not.toThrow(value)
})
