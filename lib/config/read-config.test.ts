import { expect, test } from 'vitest'
import { z } from 'zod'
import { bytes, CommonConfig, ConfigError, count, milliseconds, readConfig } from './read-config.ts'

const key = Buffer.alloc(32, 7)
const good = {
  REDIS_URL: 'redis://localhost:6379',
  PHI_KEY: key.toString('base64'),
  AUDIT_KEY: key.toString('base64url'),
}

function mistakes(
  environment: Record<string, string | undefined>,
  schema: z.ZodObject = CommonConfig,
): string {
  try {
    readConfig(schema, environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return String(error)
  }
  return expect.fail('was taken')
}

test('takes the least that is needed and gives the rest its default', () => {
  expect(readConfig(CommonConfig, good)).toMatchObject({
    ENVIRONMENT: 'development',
    PORT: 8080,
    PUBLIC_ORIGINS: ['http://localhost:8080'],
    PHI_KEY: key,
    AUDIT_KEY: key,
    LOG_LEVEL: 'info',
  })
})

test('names every mistake at once', () => {
  const message = mistakes({
    ENVIRONMENT: 'staging',
    PORT: '70000',
    REDIS_URL: 'https://redis.example',
    PUBLIC_ORIGINS: 'clinic.example',
    PHI_KEY: 'too short',
    LOG_LEVEL: 'loud',
  })
  expect(message).toContain('7 mistake(s)')
  for (const name of [
    'ENVIRONMENT',
    'PORT',
    'REDIS_URL',
    'PUBLIC_ORIGINS',
    'PHI_KEY',
    'AUDIT_KEY',
    'LOG_LEVEL',
  ])
    expect(message).toContain(`  ${name}`)
})

test('never prints a value, for any of them may be a secret', () => {
  const message = mistakes({
    ENVIRONMENT: 'leak-1',
    PORT: 'leak-2',
    REDIS_URL: 'leak-3://user:leak-4@host',
    PUBLIC_ORIGINS: 'leak-5',
    PHI_KEY: 'leak-6',
    AUDIT_KEY: 'leak-7',
    LOG_LEVEL: 'leak-8',
  })
  expect(message).not.toContain('leak')
})

test('takes an empty text for an absent one', () => {
  expect(readConfig(CommonConfig, { ...good, PORT: '', LOG_LEVEL: '' })).toMatchObject({
    PORT: 8080,
    LOG_LEVEL: 'info',
  })
  expect(mistakes({ ...good, PHI_KEY: '' })).toContain('PHI_KEY: is required')
})

test('ignores variables that are not its own', () => {
  expect(readConfig(CommonConfig, { ...good, PATH: '/bin' })).not.toHaveProperty('PATH')
})

test.each([
  ['https://clinic.example', ['https://clinic.example']],
  ['https://clinic.example, http://localhost:8080', ['https://clinic.example', 'http://localhost:8080']],
])('takes exact origins: %s', (text, origins) => {
  expect(readConfig(CommonConfig, { ...good, PUBLIC_ORIGINS: text }).PUBLIC_ORIGINS).toEqual(origins)
})

test.each([
  'https://clinic.example/',
  'https://clinic.example/app',
  'https://Clinic.example',
  'https://clinic.example:443',
  'https://user@clinic.example',
  'null',
  'https://clinic.example,',
])('refuses an origin that no browser sends so: %s', (text) => {
  expect(mistakes({ ...good, PUBLIC_ORIGINS: text })).toContain('must be exact origins')
})

test.each(['A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}!`, Buffer.alloc(31).toString('base64')])(
  'refuses a secret that is not 32 bytes: %s',
  (secret) => {
    expect(mistakes({ ...good, PHI_KEY: secret })).toContain('PHI_KEY: must be 32 bytes in base64')
  },
)

test.each(['redis://localhost', 'rediss://user:secret@redis.example:6380'])('takes %s as a Redis', (url) => {
  expect(readConfig(CommonConfig, { ...good, REDIS_URL: url }).REDIS_URL).toBe(url)
})

test('reads counts, times and sizes with their defaults and least values', () => {
  const schema = z.object({ COUNT: count(3), WAIT_MS: milliseconds(500, 0), SIZE_BYTES: bytes(1_000) })
  expect(readConfig(schema, {})).toEqual({ COUNT: 3, WAIT_MS: 500, SIZE_BYTES: 1_000 })
  expect(readConfig(schema, { COUNT: '1', WAIT_MS: '0' })).toMatchObject({ COUNT: 1, WAIT_MS: 0 })
  expect(mistakes({ COUNT: '0', WAIT_MS: '-1', SIZE_BYTES: '1.5' }, schema)).toContain('3 mistake(s)')
})
