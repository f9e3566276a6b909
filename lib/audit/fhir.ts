import type { AuditAction, AuditEvent } from '#lib/contract/audit.ts'

/** DICOM PS3.16 CID 400–403: what FHIR R4's AuditEvent.type and .subtype are taken from. */
const codes = {
  applicationActivity: ['110100', 'Application Activity'],
  auditLogUsed: ['110101', 'Audit Log Used'],
  patientRecord: ['110110', 'Patient Record'],
  query: ['110112', 'Query'],
  securityAlert: ['110113', 'Security Alert'],
  userAuthentication: ['110114', 'User Authentication'],
  login: ['110122', 'Login'],
  logout: ['110123', 'Logout'],
  emergencyStarted: ['110127', 'Emergency Override Started'],
  securityConfiguration: ['110129', 'Security Configuration'],
  rolesChanged: ['110136', 'Security Roles Changed'],
  userAttributesChanged: ['110137', 'User Security Attributes Changed'],
  emergencyStopped: ['110138', 'Emergency Override Stopped'],
} as const
type Code = keyof typeof codes

interface Kind {
  readonly type: Code
  readonly subtype?: Code
}

/** What stands before an action's dot: a new family of actions says here what it is. */
type Family = AuditAction extends `${infer F}.${string}` ? F : never

const account: Kind = { type: 'securityAlert', subtype: 'userAttributesChanged' }
const configuration: Kind = { type: 'securityAlert', subtype: 'securityConfiguration' }

const families: Readonly<Record<Family, Kind>> = {
  account: { type: 'applicationActivity' },
  audit: { type: 'auditLogUsed' },
  breaker: { type: 'applicationActivity' },
  'data-key': configuration,
  'dead-letter': { type: 'patientRecord' },
  emergency: { type: 'securityAlert', subtype: 'emergencyStarted' },
  event: { type: 'applicationActivity' },
  identity: account,
  'internal-token': { type: 'userAuthentication' },
  mfa: { type: 'userAuthentication' },
  passkey: account,
  password: account,
  practice: configuration,
  'recovery-codes': account,
  request: { type: 'patientRecord' },
  roles: { type: 'securityAlert', subtype: 'rolesChanged' },
  'service-account': account,
  session: { type: 'userAuthentication' },
  stream: { type: 'query' },
  totp: account,
  user: account,
}

/** Actions that are not of their family's kind. */
const exceptions: Readonly<Partial<Record<AuditAction, Kind>>> = {
  'session.login': { type: 'userAuthentication', subtype: 'login' },
  'session.login-failed': { type: 'userAuthentication', subtype: 'login' },
  'session.step-up': { type: 'userAuthentication', subtype: 'login' },
  'session.logout': { type: 'userAuthentication', subtype: 'logout' },
  'session.end': { type: 'userAuthentication', subtype: 'logout' },
  'session.revoke-all': { type: 'userAuthentication', subtype: 'logout' },
  'session.limits': configuration,
  'emergency.end': { type: 'securityAlert', subtype: 'emergencyStopped' },
  'emergency.list': { type: 'auditLogUsed' },
  'request.list': { type: 'query' },
  'dead-letter.list': { type: 'query' },
}

/** FHIR's audit-event-action, by what stands after an action's dot; everything else is executed. */
const verbs: Readonly<Record<string, 'C' | 'R' | 'U' | 'D'>> = {
  create: 'C',
  enrol: 'C',
  link: 'C',
  mint: 'C',
  publish: 'C',
  register: 'C',
  submit: 'C',
  export: 'R',
  list: 'R',
  open: 'R',
  read: 'R',
  search: 'R',
  verify: 'R',
  change: 'U',
  disable: 'U',
  enable: 'U',
  limits: 'U',
  'mfa-policy': 'U',
  rename: 'U',
  renew: 'U',
  'reset-mfa': 'U',
  resolve: 'U',
  roles: 'U',
  rotate: 'U',
  update: 'U',
  remove: 'D',
  revoke: 'D',
  unlink: 'D',
}

const coding = (code: Code) => {
  const [value, display] = codes[code]
  return { system: 'http://dicom.nema.org/resources/ontology/DCM', code: value, display }
}

/** An event as a FHIR R4 AuditEvent (https://hl7.org/fhir/R4/auditevent.html); our own action is a subtype, too. */
export function toFhir(event: AuditEvent) {
  const [family, verb = ''] = event.action.split('.') as [Family, string]
  const { type, subtype } = exceptions[event.action] ?? families[family]
  const details = { requestId: event.requestId, reason: event.reason, network: event.network }
  return {
    resourceType: 'AuditEvent' as const,
    id: event.id,
    type: coding(type),
    subtype: [
      ...(subtype ? [coding(subtype)] : []),
      { system: 'urn:workflow-bolt:audit-action', code: event.action },
    ],
    action: verbs[verb] ?? 'E',
    recorded: event.recordedAt,
    // 4, minor failure: the action was refused, and the system did what it should.
    outcome: event.outcome === 'success' ? '0' : '4',
    ...(event.reason !== undefined && event.outcome === 'failure' && { outcomeDesc: event.reason }),
    agent: [{ who: { identifier: { value: event.actor } }, requestor: true }],
    source: {
      site: event.practiceId,
      observer: { identifier: { value: event.source } },
      type: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
          code: '4',
          display: 'Application Server',
        },
      ],
    },
    entity: [
      {
        what: { identifier: { value: event.entity } },
        detail: Object.entries(details).flatMap(([name, value]) =>
          value === undefined ? [] : [{ type: name, valueString: value }],
        ),
      },
    ],
  }
}
