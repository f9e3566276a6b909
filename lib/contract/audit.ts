import { z } from 'zod'
import { auditActions } from './audit-actions.ts'
import { Instant, PracticeId, Uuid } from './ids.ts'

/** What is recorded; FHIR R4 AuditEvent's vocabulary decides how each is exported. */
export const AuditAction = z.enum(auditActions).meta({ id: 'AuditAction' })
export type AuditAction = z.infer<typeof AuditAction>

export const AddressClass = z.enum(['loopback', 'private', 'public', 'unknown']).meta({ id: 'AddressClass' })
export type AddressClass = z.infer<typeof AddressClass>

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
    /** The service that writes. */
    source: z.string(),
    /** Where the actor's request came from: a class of addresses, never the address. */
    network: AddressClass.optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>

/** What verifying a practice's chain found; of a broken one the first thing that is wrong. */
export const AuditVerification = z
  .discriminatedUnion('intact', [
    z.object({
      intact: z.literal(true),
      /** How many entries the chain has had. */
      entries: z.int(),
      /** How many of them were trimmed behind a checkpoint, where some were. */
      trimmed: z.int().optional(),
      /** The newest checkpoint that the chain was held against, where there is one. */
      checkpoint: z.object({ number: z.int(), seq: z.int(), recordedAt: Instant }).optional(),
    }),
    z.object({
      intact: z.literal(false),
      /** The first entry that is not as it should be; of a checkpoint its number. */
      seq: z.int(),
      finding: z
        .enum([
          'gap',
          'altered',
          'truncated',
          'rolled-back',
          'trimmed',
          'checkpoint-missing',
          'checkpoint-forged',
        ])
        .meta({
          description:
            'gap: an entry is not there, or moved. altered: it is not as it was written. truncated: the chain ends before the entry that its head or a checkpoint names. rolled-back: sound in itself, but another chain than the checkpoint saw. trimmed: old entries are gone that no checkpoint covers.',
        }),
    }),
  ])
  .meta({ id: 'AuditVerification' })
export type AuditVerification = z.infer<typeof AuditVerification>
