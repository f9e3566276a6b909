import { z } from 'zod'
import { ActionName } from './actions.ts'
import { Instant, PracticeId, Uuid } from './ids.ts'

/** The way of a request; the last five are ends, and every accepted request reaches exactly one of them. */
export const RequestStatus = z
  .enum(['pending', 'processing', 'retrying', 'success', 'error', 'dead', 'uncertain', 'cancelled'])
  .meta({ id: 'RequestStatus' })
export type RequestStatus = z.infer<typeof RequestStatus>

const ends: ReadonlySet<RequestStatus> = new Set(['success', 'error', 'dead', 'uncertain', 'cancelled'])

/** Whether a status is an end: nothing changes it afterwards but an operator. */
export const isEnd = (status: RequestStatus): boolean => ends.has(status)

/** How old the answer to a read may be. Writes, and reads that are never cached, pass over it. */
export const CacheMode = z.enum(['fresh', 'prefer', 'allow-stale']).meta({
  id: 'CacheMode',
  description:
    'fresh: the upstream is asked after this submission (a person pressing Refresh). prefer: an answer that came a ' +
    'short while ago will do. allow-stale: like prefer, and while the upstream is away an older answer will do, marked.',
})
export type CacheMode = z.infer<typeof CacheMode>

/** Where the answer to a read came from; `ageMs` is the time since it came from the upstream. */
export const AnswerMeta = z
  .object({
    source: z.enum(['cache', 'upstream']),
    stale: z
      .boolean()
      .meta({ description: 'older than passes for new, and given because the upstream is away' }),
    ageMs: z.int().min(0),
  })
  .meta({ id: 'AnswerMeta' })
export type AnswerMeta = z.infer<typeof AnswerMeta>

/** `params` is checked by the action's own schema in a second step, so that its errors carry `params.…` paths. */
export const SubmitRequest = z
  .strictObject({
    action: ActionName,
    params: z.record(z.string(), z.unknown()).default({}),
    correlationId: Uuid.optional(),
    priority: z
      .enum(['interactive', 'bulk'])
      .default('interactive')
      .meta({ description: 'bulk waits while the practice has interactive requests' }),
    cache: CacheMode.default('fresh'),
  })
  .meta({ id: 'SubmitRequest' })
export type SubmitRequest = z.infer<typeof SubmitRequest>

/** IETF draft-ietf-httpapi-idempotency-key-header: chosen by the client, the same for each try of one intention. */
export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{8,128}$/, '8 to 128 visible ASCII characters')

export const SubmitAnswer = z
  .object({
    id: Uuid,
    correlationId: Uuid,
    status: z.literal('pending'),
    links: z.object({ self: z.string(), events: z.string() }),
  })
  .meta({ id: 'SubmitAnswer' })
export type SubmitAnswer = z.infer<typeof SubmitAnswer>

export const RequestError = z
  .object({ code: z.string(), message: z.string(), retryable: z.boolean() })
  .meta({ id: 'RequestError' })
export type RequestError = z.infer<typeof RequestError>

export const TimelineStep = z
  .object({ status: RequestStatus, at: Instant, attempt: z.int().optional(), reason: z.string().optional() })
  .meta({ id: 'TimelineStep' })
export type TimelineStep = z.infer<typeof TimelineStep>

export const RequestRecord = z
  .object({
    id: Uuid,
    action: ActionName,
    practiceId: PracticeId,
    userId: Uuid,
    correlationId: Uuid,
    status: RequestStatus,
    attempts: z.int(),
    submittedAt: Instant,
    startedAt: Instant.optional(),
    endedAt: Instant.optional(),
    durationMs: z.number().optional(),
    data: z.unknown().optional(),
    ...AnswerMeta.partial().shape,
    error: RequestError.optional(),
    /** Who settled a dead letter, when, and why; the status is the outcome they gave it. */
    resolvedBy: Uuid.optional(),
    resolvedAt: Instant.optional(),
    note: z.string().optional(),
    timeline: z.array(TimelineStep),
  })
  .meta({ id: 'RequestRecord' })
export type RequestRecord = z.infer<typeof RequestRecord>
