import { z } from 'zod'
import { ActionName, actionNames, actions } from './actions.ts'
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

/** Of an action that can do without them they may be left out. */
function paramsOf(action: ActionName) {
  const params: z.ZodType<Record<string, unknown>> = actions[action].params
  return params.safeParse({}).success ? params.prefault({}) : params
}

/** An action with its own params, one schema each. */
const submissions = actionNames.map((action) =>
  z
    .strictObject({
      action: z.literal<ActionName>(action),
      params: paramsOf(action),
      correlationId: Uuid.optional(),
      priority: z
        .enum(['interactive', 'bulk'])
        .default('interactive')
        .meta({ description: 'bulk waits while the practice has interactive requests' }),
      cache: CacheMode.default('fresh'),
    })
    .meta({ id: `Submit${action.charAt(0).toUpperCase()}${action.slice(1)}` }),
)
type Submissions = [(typeof submissions)[number], ...typeof submissions]

export const SubmitRequest = z
  .discriminatedUnion('action', submissions as Submissions)
  .meta({ id: 'SubmitRequest' })
export type SubmitRequest = z.infer<typeof SubmitRequest>

/** IETF draft-ietf-httpapi-idempotency-key-header: chosen by the client, the same for each try of one intention. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{8,128}$/, '8 to 128 visible ASCII characters')
  .meta({
    description: 'the same for each try of one intention: whatever is sent again under it is done once',
    examples: ['visit-4711-create'],
  })

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
