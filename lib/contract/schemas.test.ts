import { expect, test } from 'vitest'
import { z } from 'zod'
import * as audit from './audit.ts'
import * as clinic from './clinic.ts'
import * as deadLetters from './dead-letters.ts'
import * as events from './events.ts'
import * as health from './health.ts'
import * as ids from './ids.ts'
import * as pageCursor from './page-cursor.ts'
import * as permissions from './permissions.ts'
import * as problem from './problem.ts'
import * as requests from './requests.ts'
import * as session from './session.ts'
import * as users from './users.ts'

const modules = {
  audit,
  clinic,
  deadLetters,
  events,
  health,
  ids,
  pageCursor,
  permissions,
  problem,
  requests,
  session,
  users,
}
const schemas = Object.entries(modules).flatMap(([file, module]) =>
  Object.entries(module).flatMap(([name, value]) =>
    value instanceof z.ZodType ? [[`${file}/${name}`, value] as const] : [],
  ),
)
const { IdempotencyKey, isEnd, RequestStatus, SubmitRequest } = requests
const requestId = '01939f5e-7c1a-7000-8000-000000000001'

test('finds the schemas of every file', () => {
  expect(new Set(schemas.map(([name]) => name.split('/')[0]))).toEqual(new Set(Object.keys(modules)))
  expect(schemas.length).toBeGreaterThan(30)
})

test.each(schemas)('%s can be shown as JSON schema', (_name, schema) => {
  expect(Object.keys(z.toJSONSchema(schema, { io: 'input' })).length).toBeGreaterThan(1)
})

test('five of the statuses are ends, and no other', () => {
  expect(RequestStatus.options.filter(isEnd)).toEqual(['success', 'error', 'dead', 'uncertain', 'cancelled'])
})

test('a request without params has empty ones, and no member but ours', () => {
  expect(SubmitRequest.parse({ action: 'getProviders' })).toMatchObject({
    action: 'getProviders',
    params: {},
  })
  for (const wrong of [{}, { action: 'dropTable' }, { action: 'getProviders', surprise: 1 }])
    expect(SubmitRequest.safeParse(wrong).success).toBe(false)
})

test('each action has params of its own, which may be left out where it can do without them', () => {
  const takes = (given: object) => SubmitRequest.safeParse(given).success
  expect(takes({ action: 'getPatient', params: { patientId: '101' } })).toBe(true)
  expect(takes({ action: 'syncSchedule' })).toBe(true)
  for (const wrong of [{}, { params: {} }, { params: { date: '2026-11-20' } }])
    expect(takes({ action: 'getPatient', ...wrong })).toBe(false)
  const { error } = SubmitRequest.safeParse({ action: 'getPatient', params: { patientId: 'x' } })
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['params.patientId'])
})

test.each(['12345678', 'x'.repeat(128), '!~_-.:/'.repeat(2)])('takes the idempotency key %s', (key) => {
  expect(IdempotencyKey.safeParse(key).success).toBe(true)
})

test.each(['', '1234567', 'x'.repeat(129), 'with space 1', 'line\nend 12', 'käse-käse'])(
  'refuses the idempotency key %j',
  (key) => {
    expect(IdempotencyKey.safeParse(key).success).toBe(false)
  },
)

test.each(['north', '0', 'a-b', 'x'.repeat(32)])('takes the practice %s', (id) => {
  expect(ids.PracticeId.safeParse(id).success).toBe(true)
})

test.each(['', '-a', 'North', 'a:b', 'a.b', '{a}', 'x'.repeat(33), 'a\n'])(
  'refuses the practice %j',
  (id) => {
    expect(ids.PracticeId.safeParse(id).success).toBe(false)
  },
)

test('an instant is in UTC', () => {
  expect(ids.Instant.safeParse('2026-11-20T15:04:05.123Z').success).toBe(true)
  for (const wrong of ['2026-11-20T15:04:05+02:00', '2026-11-20 15:04:05', '2026-11-20', 'today'])
    expect(ids.Instant.safeParse(wrong).success).toBe(false)
})

test('every code has a title and a status of an error', () => {
  for (const [status, title] of Object.values(problem.problems)) {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^[A-Z].+[^.]$/)
  }
})

test('a status event has no room for a patient’s data', () => {
  const event = {
    requestId,
    correlationId: requestId,
    action: 'getPatient',
    status: 'processing',
    attempt: 1,
    timestamp: '2026-11-20T15:04:05Z',
  }
  expect(events.StatusEvent.parse({ ...event, data: { lastName: 'Miller' } })).toEqual(event)
})

test('an event says which stream it is of, and must fit it', () => {
  const envelope = { stream: 'tebra:status', id: '1-0', data: {} }
  expect(events.EventEnvelope.safeParse(envelope).success).toBe(false)
  expect(events.EventEnvelope.safeParse({ ...envelope, stream: 'other' }).success).toBe(false)
})
