import { z } from 'zod'
import { ActionName } from './actions.ts'
import { Instant, LocalDate, localDatePattern, Uuid } from './ids.ts'
import { AnswerMeta, RequestError, RequestStatus } from './requests.ts'

/** What becomes of the caller's own requests. */
export const TebraStream = z.enum(['tebra:status', 'tebra:responses'])
export type TebraStream = z.infer<typeof TebraStream>

/** Streams of the event bus that programs may publish to; `standup:<date>` is one a day. */
export const PublishedStream = z
  .union([
    z.enum(['agent_updates', 'agent_tasks', 'ehr_sync:requests', 'ehr_sync:responses']),
    z.templateLiteral(['standup:', LocalDate]).meta({ pattern: `^standup:${localDatePattern}$` }),
  ])
  .meta({ id: 'PublishedStream' })
export type PublishedStream = z.infer<typeof PublishedStream>

/** Streams of the event bus that only the services themselves write. */
export const ServiceStream = z.enum(['patients:board', 'session:notices', 'ops:alerts'])
export type ServiceStream = z.infer<typeof ServiceStream>

export const BusStream = z.union([PublishedStream, ServiceStream])
export type BusStream = z.infer<typeof BusStream>

/** The names browsers subscribe to; the Redis keys behind them are made in lib/redis/keys.ts. */
export const StreamName = z.union([TebraStream, BusStream]).meta({ id: 'StreamName' })
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

/** A short word of ours, never PHI: it stands beside the sealed data. */
const Word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'letters, digits and ._:-, at most 64')

const said = {
  event: Word.meta({ description: 'what happened, e.g. `task.finished`' }),
  key: Word.optional().meta({
    description: 'what it is about: of events under one key a slow listener may get the newest only',
  }),
  data: z.record(z.string(), z.unknown()),
}

/** An event of the bus. */
export const BusEvent = z.object({ ...said, timestamp: Instant })
export type BusEvent = z.infer<typeof BusEvent>

/** `POST /events/publish`. */
export const PublishRequest = z
  .strictObject({ stream: PublishedStream, ...said })
  .meta({ id: 'PublishRequest' })
export const PublishAnswer = z
  .object({ id: z.string().meta({ description: 'the `id` in the envelope that listeners get' }) })
  .meta({ id: 'PublishAnswer' })

/** What stands in `data:` of a business event; `id` is the Redis Streams entry id, opaque to clients. */
export const EventEnvelope = z
  .union([
    z.object({ stream: z.literal('tebra:status'), id: z.string(), data: StatusEvent }),
    z.object({ stream: z.literal('tebra:responses'), id: z.string(), data: ResponseEvent }),
    z.object({ stream: BusStream, id: z.string(), data: BusEvent }),
  ])
  .meta({ id: 'EventEnvelope' })
export type EventEnvelope = z.infer<typeof EventEnvelope>

/** `event: ready` when replay is done, `event: resync` when a gap cannot be filled: reload the snapshot. */
export const ReadyFrame = z.object({ streams: z.array(StreamName) }).meta({ id: 'ReadyFrame' })
export const ResyncFrame = z
  .object({ reason: z.enum(['trimmed', 'slow', 'epoch', 'cursor']) })
  .meta({ id: 'ResyncFrame' })
export type ResyncReason = z.infer<typeof ResyncFrame>['reason']

/**
 * `event: bye` before the server ends a stream. After `session-ended` and `forbidden` a client stays away; after the
 * others (`unavailable`: this instance hears nothing of Redis) it comes back by itself.
 */
export const ByeFrame = z
  .object({ code: z.enum(['session-ended', 'forbidden', 'rotated', 'draining', 'unavailable']) })
  .meta({ id: 'ByeFrame' })
export type ByeCode = z.infer<typeof ByeFrame>['code']

/** What `data` is JSON of, by the names of the schemas in a document. */
export const framePayloads = { EventEnvelope, ReadyFrame, ResyncFrame, ByeFrame } as const

const frame = (event: z.ZodType<string>, payload: keyof typeof framePayloads) =>
  z.object({
    event,
    id: z.string().optional().meta({ description: 'the cursor: sent back as Last-Event-ID' }),
    data: z.string().meta({
      contentMediaType: 'application/json',
      contentSchema: { $ref: `#/components/schemas/${payload}` },
    }),
  })

/** One event of the stream, as a parser gives it (WHATWG HTML §9.2); a business event is named after its stream. */
export const StreamFrame = z
  .union([
    frame(StreamName, 'EventEnvelope'),
    frame(z.literal('ready'), 'ReadyFrame'),
    frame(z.literal('resync'), 'ResyncFrame'),
    frame(z.literal('bye'), 'ByeFrame'),
  ])
  .meta({ id: 'StreamFrame' })

/** `GET /events/status`: who holds streams open, across all instances. */
export const StreamStatus = z
  .object({
    instances: z.array(
      z.object({
        name: z.string(),
        startedAt: Instant,
        seenAt: Instant,
        streams: z.int(),
        readerIdleMs: z.number().meta({ description: 'since it last heard of Redis' }),
      }),
    ),
    practice: z.object({
      streams: z.int(),
      users: z.array(z.object({ userId: z.string(), streams: z.int() })),
    }),
  })
  .meta({ id: 'StreamStatus' })
export type StreamStatus = z.infer<typeof StreamStatus>
