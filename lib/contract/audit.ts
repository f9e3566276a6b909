import { z } from 'zod'
import { Instant, PracticeId, Uuid } from './ids.ts'

/** What is recorded; FHIR R4 AuditEvent's vocabulary decides how each is exported. */
export const AuditAction = z
  .enum([
    'session.login',
    'session.login-failed',
    'session.logout',
    'session.step-up',
    'mfa.failed',
    'user.create',
    'request.submit',
    'request.cancel',
    'request.end',
    'request.read',
    'request.list',
    'dead-letter.list',
    'dead-letter.read',
    'dead-letter.requeue',
    'dead-letter.resolve',
    'breaker.force',
    'stream.open',
  ])
  .meta({ id: 'AuditAction' })
export type AuditAction = z.infer<typeof AuditAction>

/** One audit event. Ids only, no names: who did what to which thing, when, from where, and how it went. */
export const AuditEvent = z
  .object({
    id: Uuid,
    action: AuditAction,
    /** A user's id, or a service's name. */
    actor: z.string(),
    practiceId: PracticeId,
    /** `<type>/<id>`, e.g. `Request/0198…` or `Session/1f2e…`. */
    entity: z.string(),
    outcome: z.enum(['success', 'failure']),
    recordedAt: Instant,
    requestId: z.string(),
    source: z.string(),
    reason: z.string().optional(),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>
