import { expect, test } from 'vitest'
import { z } from 'zod'
import { type ActionName, type ActionParams, actionNames, actions } from './actions.ts'
import { Permission } from './permissions.ts'

const samples: { [A in ActionName]: ActionParams<A> } = {
  testConnection: {},
  healthCheck: {},
  getPatient: { patientId: '101' },
  searchPatients: { lastName: 'Miller', dateOfBirth: '1980-02-29' },
  getPatients: { fullName: 'Ann Miller', modifiedSince: '2026-11-20T15:04:05Z' },
  getProviders: {},
  getAppointments: { fromDate: '2026-11-20', toDate: '2026-11-20', providerName: 'Dr. Young' },
  createAppointment: {
    patientId: '101',
    providerId: '2',
    locationId: '3',
    start: '2026-11-20T15:00:00Z',
    end: '2026-11-20T15:30:00Z',
    notes: 'first visit',
  },
  updateAppointment: { appointmentId: '5', notes: 'moved' },
  updateAppointmentStatus: { appointmentId: '5', status: 'checked-in' },
  syncSchedule: { date: '2026-11-20' },
  getPractices: {},
  getServiceLocations: {},
  getAppointmentReasons: {},
}
const takes = (action: ActionName, params: unknown) => actions[action].params.safeParse(params).success

test('has the names that the existing browser code uses', () => {
  expect([...actionNames].sort()).toEqual(Object.keys(samples).sort())
})

test.each(actionNames)('%s takes good params', (action) => {
  expect(actions[action].params.safeParse(samples[action]).error).toBeUndefined()
})

test.each(actionNames)('%s refuses a member it does not know', (action) => {
  expect(takes(action, { ...samples[action], unknownMember: 1 })).toBe(false)
})

test.each(actionNames)('%s refuses what is no object', (action) => {
  for (const wrong of [null, undefined, [], 'text', 1]) expect(takes(action, wrong)).toBe(false)
})

test.each(actionNames)('%s can be shown to a caller as JSON schema, params and result', (action) => {
  const { params, result } = actions[action]
  expect(z.toJSONSchema(params, { io: 'input' })).toMatchObject({
    type: 'object',
    additionalProperties: false,
  })
  expect(JSON.stringify(z.toJSONSchema(result))).toContain('"type"')
})

test.each(actionNames)('%s needs a permission that exists, and keeps to sane limits', (action) => {
  const { permission, attemptsMax, minimumIntervalMs } = actions[action]
  expect(Permission.options).toContain(permission)
  expect(attemptsMax).toBeGreaterThan(0)
  expect(minimumIntervalMs).toBeGreaterThan(0)
})

test('only an action that writes anew or changes freely is not idempotent', () => {
  expect(actionNames.filter((action) => !actions[action].idempotent)).toEqual([
    'createAppointment',
    'updateAppointment',
  ])
})

test('writes need the permission to write', () => {
  expect(actionNames.filter((action) => actions[action].permission === 'appointments:write')).toEqual([
    'createAppointment',
    'updateAppointment',
    'updateAppointmentStatus',
  ])
})

test.each<[string, ActionName, unknown]>([
  ['an id that is no number', 'getPatient', { patientId: '1; DROP' }],
  ['a range that ends before it begins', 'getAppointments', { fromDate: '2026-11-21', toDate: '2026-11-20' }],
  ['a range of more than 366 days', 'getAppointments', { fromDate: '2026-01-01', toDate: '2027-01-03' }],
  ['a day that does not exist', 'syncSchedule', { date: '2026-02-30' }],
  ['a search by nothing', 'searchPatients', {}],
  ['a search by a blank name', 'searchPatients', { lastName: '  ' }],
  ['a change of nothing', 'updateAppointment', { appointmentId: '5' }],
  ['a status that is only read', 'updateAppointmentStatus', { appointmentId: '5', status: 'unknown' }],
  [
    'an end before the start',
    'createAppointment',
    { ...samples.createAppointment, end: '2026-11-20T14:00:00Z' },
  ],
  [
    'an end a moment before the start',
    'createAppointment',
    { ...samples.createAppointment, start: '2026-11-20T15:00:00.5Z', end: '2026-11-20T15:00:00Z' },
  ],
  [
    'a time of another zone',
    'createAppointment',
    { ...samples.createAppointment, end: '2026-11-20T16:30:00+01:00' },
  ],
  [
    'notes of a book’s length',
    'createAppointment',
    { ...samples.createAppointment, notes: 'x'.repeat(2_001) },
  ],
])('refuses %s', (_what, action, params) => {
  expect(takes(action, params)).toBe(false)
})

test('takes an end that is less than a second after the start', () => {
  const end = '2026-11-20T15:00:00.5Z'
  expect(takes('createAppointment', { ...samples.createAppointment, end })).toBe(true)
})

test('takes a range of a whole leap year', () => {
  expect(takes('getAppointments', { fromDate: '2028-01-01', toDate: '2028-12-31' })).toBe(true)
})
