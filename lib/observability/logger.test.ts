import { beforeEach, expect, test } from 'vitest'
import { createLogger } from './logger.ts'

const lines: string[] = []
const logger = createLogger(
  { service: 'tiny', version: '1.2.3', level: 'trace' },
  { write: (line) => lines.push(line) },
)
beforeEach(() => {
  lines.length = 0
})
const only = (): Record<string, unknown> => {
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '')
}

test.each([
  ['trace', 'DEBUG'],
  ['debug', 'DEBUG'],
  ['info', 'INFO'],
  ['warn', 'WARNING'],
  ['error', 'ERROR'],
  ['fatal', 'CRITICAL'],
] as const)('writes %s as the severity %s', (level, severity) => {
  logger[level]('hello')
  expect(only()).toMatchObject({ severity, message: 'hello', service: 'tiny', version: '1.2.3' })
})

test('writes the time as Cloud Logging reads it', () => {
  logger.info('hello')
  const { time } = only()
  expect(new Date(String(time)).toISOString()).toBe(time)
})

test('writes one line whatever stands in the fields', () => {
  logger.info({ text: 'a\nb\r\n{"severity":"CRITICAL"}\u2028c', nested: { text: '\n' } }, 'first\nsecond\r\n')
  expect(lines[0]?.match(/[\n\r]/g)).toHaveLength(1)
  expect(lines[0]?.endsWith('\n')).toBe(true)
  expect(only()).toMatchObject({ severity: 'INFO', message: 'first\nsecond\r\n' })
})

test.each([
  'password',
  'token',
  'secret',
  'totp',
  'authorization',
  'cookie',
  'email',
  'params',
  'data',
  'body',
  'firstName',
  'lastName',
  'patientName',
  'dateOfBirth',
  'notes',
  'customerKey',
])('cuts out whatever is logged as %s, however deep, also from a child logger', (name) => {
  const held = { [name]: 'leak-text' }
  logger.info(
    { ...held, one: held, two: { deep: held }, six: { a: { b: [{ c: { d: held } }] } }, list: [held] },
    'all levels',
  )
  logger.child(held).info('child')
  logger.child({ one: held }).info('nested child')
  expect(lines.join('')).not.toContain('leak')
  expect(lines.join('').match(/\[redacted\]/g)).toHaveLength(7)
})

test('cuts out whole objects under such a name', () => {
  logger.info({ params: { anything: { deep: 'leak-text' } } }, 'x')
  expect(lines.join('')).not.toContain('leak')
})

test('writes name, code, frames and causes of an error, and no message', () => {
  const cause = Object.assign(new RangeError('leak-cause'), { code: 'ECONNREFUSED' })
  logger.error({ err: new TypeError('leak\n    leak-second-line', { cause }) }, 'failed')
  expect(only()).toMatchObject({
    err: {
      name: 'TypeError',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { name: 'RangeError', code: 'ECONNREFUSED' },
    },
  })
  expect(lines.join('')).not.toContain('leak')
})

test('makes an error safe wherever it stands, and a child’s too', () => {
  const error = Object.assign(new Error('leak-text'), { email: 'leak-address' })
  logger.warn({ tried: [{ reason: error }], at: new Date(0) }, 'failed')
  expect(only()).toMatchObject({ tried: [{ reason: { name: 'Error' } }], at: '1970-01-01T00:00:00.000Z' })
  logger.child({ err: error }).info('child')
  expect(lines.join('')).not.toContain('leak')
})

test('ends where the fields are a circle', () => {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle.self = circle
  logger.info(circle, 'round')
  expect(only()).toMatchObject({ name: 'circle', self: { name: 'circle' } })
})

test('writes of a thrown value that is no error only its type', () => {
  logger.error({ err: 'leak-text' }, 'failed')
  expect(only()).toMatchObject({ err: { name: 'string' } })
  expect(lines.join('')).not.toContain('leak')
})

test('writes nothing below its level', () => {
  const quiet = createLogger(
    { service: 's', version: 'v', level: 'warn' },
    { write: (line) => lines.push(line) },
  )
  quiet.info('hello')
  expect(lines).toEqual([])
})
