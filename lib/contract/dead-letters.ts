import { z } from 'zod'
import { ActionName } from './actions.ts'
import { GivenInstant } from './ids.ts'
import { PageCursor } from './page-cursor.ts'
import { RequestRecord } from './requests.ts'
import { trimmedText } from './rules.ts'

/** A request that ended without an answer and waits for a person: `dead` failed, `uncertain` may have been written. */
export const DeadLetter = RequestRecord.omit({ data: true, note: true, resolvedBy: true, resolvedAt: true })
  .extend({
    sinceSubmittedMs: z.number(),
    sinceEndedMs: z.number(),
    /** Whether a requeue must say that nothing was written: the action is not idempotent and its outcome unknown. */
    confirmRequired: z.boolean(),
  })
  .meta({ id: 'DeadLetter' })
export type DeadLetter = z.infer<typeof DeadLetter>

/** With the params that were sent, for an operator to edit. */
export const OpenedDeadLetter = DeadLetter.extend({ params: z.unknown() }).meta({ id: 'OpenedDeadLetter' })

/** The `code` of the error that a request ended with, e.g. `attempts-exhausted`. */
export const DeadLetterReason = z.string().regex(/^[a-z0-9-]{1,64}$/, 'an error code')

export const RequeueRequest = z
  .strictObject({
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'all of the action’s params, edited; without them it is requeued as it was' }),
    confirm: z.literal('not-applied').optional(),
  })
  .meta({ id: 'RequeueRequest' })

export const RequeueManyRequest = z
  .strictObject({
    filter: z.strictObject({
      reason: DeadLetterReason.optional(),
      action: ActionName.optional(),
      from: GivenInstant.optional(),
      to: GivenInstant.optional(),
    }),
    limit: z.int().min(1).max(500).default(500),
    cursor: PageCursor.optional(),
    confirm: z.int().min(0).max(500).optional().meta({
      description:
        'how many the caller expects to match, up to `limit`; another number is a 409 and changes nothing',
    }),
  })
  .meta({ id: 'RequeueManyRequest' })

const count = z.int().min(0)

export const RequeueManyAnswer = z
  .object({
    requeued: count,
    skipped: count,
    /** Why: it must be confirmed one by one, another operator was there first, or the queue is full. */
    skippedFor: z.object({ confirmRequired: count, changed: count, queueFull: count }),
    cursor: PageCursor.optional().meta({
      description: 'Where the next call goes on, past what was skipped here',
    }),
  })
  .meta({ id: 'RequeueManyAnswer' })
export type RequeueManyAnswer = z.infer<typeof RequeueManyAnswer>

export const ResolveRequest = z
  .strictObject({
    outcome: z.enum(['success', 'error', 'cancelled']),
    note: trimmedText(1, 500),
  })
  .meta({ id: 'ResolveRequest' })
export type ResolveRequest = z.infer<typeof ResolveRequest>
