import { z } from 'zod'
import { ActionName } from './actions.ts'
import { Instant, Uuid } from './ids.ts'
import { AnswerMeta, RequestError, RequestStatus } from './requests.ts'

/** The names browsers subscribe to; the Redis keys behind them are made in lib/redis/keys.ts. */
export const StreamName = z.enum(['tebra:status', 'tebra:responses']).meta({ id: 'StreamName' })
export type StreamName = z.infer<typeof StreamName>

/** `tebra:status`: one step on the way of a request; metadata only, never PHI. */
export const StatusEvent = z.object({
  requestId: Uuid,
  correlationId: Uuid,
  action: ActionName,
  status: RequestStatus,
  attempt: z.int(),
  timestamp: Instant,
  reason: z.string().optional(),
})
export type StatusEvent = z.infer<typeof StatusEvent>

/** `tebra:responses`: the end of a request. `duration` is from submission to the end, in ms. */
export const ResponseEvent = z.object({
  requestId: Uuid,
  correlationId: Uuid,
  action: ActionName,
  status: RequestStatus,
  data: z.unknown().optional(),
  /** Set instead of `data` where the result is too large for a stream: GET this path. */
  dataRef: z.string().optional(),
  ...AnswerMeta.partial().shape,
  error: RequestError.optional(),
  timestamp: Instant,
  duration: z.number(),
})
export type ResponseEvent = z.infer<typeof ResponseEvent>

/** What stands in `data:` of a business event; `id` is the Redis Streams entry id, opaque to clients. */
export const EventEnvelope = z.discriminatedUnion('stream', [
  z.object({ stream: z.literal('tebra:status'), id: z.string(), data: StatusEvent }),
  z.object({ stream: z.literal('tebra:responses'), id: z.string(), data: ResponseEvent }),
])
export type EventEnvelope = z.infer<typeof EventEnvelope>

/** `event: ready` when replay is done, `event: resync` when a gap cannot be filled: reload the snapshot. */
export const ReadyFrame = z.object({ streams: z.array(StreamName) })
export const ResyncFrame = z.object({ reason: z.enum(['trimmed', 'slow', 'epoch', 'cursor']) })
export type ResyncReason = z.infer<typeof ResyncFrame>['reason']

/** `event: bye` before the server ends a stream; only after `rotated` and `draining` does a client come back by itself. */
export const ByeFrame = z.object({ code: z.enum(['session-ended', 'forbidden', 'rotated', 'draining']) })
export type ByeCode = z.infer<typeof ByeFrame>['code']
