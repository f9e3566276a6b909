import { expect, test } from 'vitest'
import { AuditAction, type AuditEvent } from '#lib/contract/audit.ts'
import { toFhir } from './fhir.ts'

const event = (more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: '01998877-0000-7000-8000-000000000001',
  action: 'session.login',
  actor: 'user-1',
  practiceId: 'north',
  entity: 'Session/0123456789abcdef',
  outcome: 'success',
  recordedAt: '2026-11-20T15:04:05.123Z',
  requestId: 'request-1',
  source: 'auth-session',
  ...more,
})
const codesOf = (action: AuditAction) => {
  const { type, subtype } = toFhir(event({ action }))
  return [type.code, ...subtype.filter(({ system }) => system.includes('dicom')).map(({ code }) => code)]
}

test.each([
  ['session.login', ['110114', '110122']],
  ['session.login-failed', ['110114', '110122']],
  ['session.logout', ['110114', '110123']],
  ['emergency.start', ['110113', '110127']],
  ['emergency.end', ['110113', '110138']],
  ['roles.update', ['110113', '110136']],
  ['user.update', ['110113', '110137']],
  ['password.change', ['110113', '110137']],
  ['audit.search', ['110101']],
  ['audit.export', ['110101']],
  ['request.read', ['110110']],
  ['request.list', ['110112']],
] as const)('%s has the DICOM codes %j', (action, expected) => {
  expect(codesOf(action)).toEqual(expected)
})

test.each(AuditAction.options)('%s is a complete FHIR R4 AuditEvent', (action) => {
  const resource = toFhir(event({ action }))
  expect(resource).toMatchObject({
    resourceType: 'AuditEvent',
    type: {
      system: 'http://dicom.nema.org/resources/ontology/DCM',
      code: expect.stringMatching(/^1101\d\d$/),
    },
    recorded: '2026-11-20T15:04:05.123Z',
    agent: [{ who: { identifier: { value: 'user-1' } }, requestor: true }],
    source: { observer: { identifier: { value: 'auth-session' } } },
  })
  expect(resource.action).toMatch(/^[CRUDE]$/)
  expect(resource.subtype.at(-1)?.code).toBe(action)
})

test.each([
  ['user.create', 'C'],
  ['request.read', 'R'],
  ['audit.export', 'R'],
  ['user.disable', 'U'],
  ['user.remove', 'D'],
  ['session.login', 'E'],
] as const)('%s is of FHIR’s action %s', (action, expected) => {
  expect(toFhir(event({ action })).action).toBe(expected)
})

test('a refusal says so, with its reason, its request and the class of the address', () => {
  const refused = toFhir(event({ outcome: 'failure', reason: 'wrong-password', network: 'public' }))
  expect(refused).toMatchObject({ outcome: '4', outcomeDesc: 'wrong-password' })
  expect(refused.entity[0]?.detail).toEqual([
    { type: 'requestId', valueString: 'request-1' },
    { type: 'reason', valueString: 'wrong-password' },
    { type: 'network', valueString: 'public' },
  ])
})
