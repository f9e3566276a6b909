import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import {
  framePayloads,
  PublishedStream,
  ServiceStream,
  StreamFrame,
  StreamName,
  TebraStream,
} from '#lib/contract/events.ts'
import { GivenInstant, localDatePattern } from '#lib/contract/ids.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses, registerSchemas } from '#lib/http/openapi.ts'
import type { RateLimiter } from '#lib/http/rate-limiter.ts'
import { credentialsOf, expectedUser, requireOwnPassword, requireProof } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { SessionGuard } from '#lib/http/session-guard.ts'
import type { Admission } from './admission.ts'
import { mayListen } from './may-listen.ts'
import type { Beginning, createOpenStream } from './open-stream.ts'
import type { Tickets } from './tickets.ts'

export interface ListenDeps {
  readonly guard: SessionGuard
  readonly rates: RateLimiter
  readonly audit: AuditLog
  readonly tickets: Tickets
  readonly admission: Admission
  readonly openStream: ReturnType<typeof createOpenStream>
  /** When the session has to be looked at again, in ms by our clock. */
  readonly nextLookAt: (session: ActiveSession) => number
}

const streamsMax = 16
const [published] = PublishedStream.options
const names = [...TebraStream.options, ...published.options, ...ServiceStream.options]
const oneName = `(${names.join('|')}|standup:${localDatePattern})`

const StreamList = z
  .string()
  .default('tebra:responses,tebra:status')
  .transform((list) => [...new Set(list.split(','))])
  .pipe(z.array(StreamName).min(1).max(streamsMax))
  .openapi({ type: 'string', pattern: `^${oneName}(,${oneName}){0,${streamsMax - 1}}$` })

const route = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'listen',
  tags: ['Events'],
  summary: 'Live events the caller may hear, as Server-Sent Events',
  security: [...needsSession, {}],
  request: {
    query: z.object({
      streams: StreamList,
      // Whatever it is: what is no cursor of ours is answered with a resync.
      lastEventId: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: 'For clients that cannot set Last-Event-ID, which wins' }),
      from: z
        .union([z.literal('beginning'), GivenInstant])
        .optional()
        .openapi({ description: 'Without a cursor: begin with what is kept, of all time or since then' }),
      ticket: z
        .string()
        .regex(/^[!-~]{1,200}$/)
        .optional()
        .openapi({ description: 'From POST /events/tickets; stands for the session once' }),
    }),
  },
  responses: {
    200: {
      description: 'The stream; the schema is that of each of its events',
      content: { 'text/event-stream': { schema: StreamFrame } },
    },
    204: { description: 'An EventSource came back with a ticket that is used up: it stops' },
    ...problemResponses(401, 403, 422, 429, 503),
  },
})

/** `GET /events`: the event stream. 401 and 403 come before any frame; whoever finds no place comes back later. */
export function addListen(app: OpenAPIHono<ServiceEnv>, deps: ListenDeps): void {
  registerSchemas(app, framePayloads)

  app.openapi(route, async (c) => {
    const { streams, lastEventId, from, ticket } = c.req.valid('query')
    const token = credentialsOf(c)?.token
    if (ticket === undefined && token === undefined) throw new DomainError('unauthenticated')
    const cursor = c.req.header('Last-Event-ID') || lastEventId

    const seat = deps.admission.takeSeat()
    try {
      const session = await sessionOf(deps, ticket, token, expectedUser(c))
      // It would come back with the same ticket for ever.
      if (!session && ticket !== undefined && cursor !== undefined) {
        seat.leave()
        return c.body(null, 204)
      }
      if (!session) throw new DomainError('unauthenticated')
      const rateHeaders = await deps.rates.admit(session, 'stream')
      requireHearing(session, streams)
      await seat.assign(session)
      await deps.audit.append({
        action: 'stream.open',
        actor: session.userId,
        practiceId: session.practiceId,
        entity: `Session/${session.id}`,
        outcome: 'success',
        requestId: c.var.requestId,
      })
      const headers = {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
        ...rateHeaders,
      }
      if (isHead(c)) {
        seat.leave()
        return c.body(null, 200, headers)
      }
      deps.admission.refuseWhileDraining()
      const { practiceId, userId, tokenHash } = session
      const body = deps.openStream({
        listener: { practiceId, userId, tokenHash },
        streams,
        beginning: beginningOf(cursor, from),
        lookAt: deps.nextLookAt(session),
        signal: c.req.raw.signal,
        onEnd: seat.leave,
      })
      return c.body(body, 200, headers)
    } catch (error) {
      seat.leave()
      throw error
    }
  })
}

/** Hono answers HEAD by GET and drops the body, which nobody would then end. */
const isHead = (c: Context) => c.req.raw.method === 'HEAD'

/** The session that listens. Opening a stream is not activity: it may be a page that nobody looks at. */
const sessionOf = (
  deps: ListenDeps,
  ticket: string | undefined,
  token: string | undefined,
  userId: string | undefined,
) =>
  ticket === undefined
    ? deps.guard.check(token ?? '', { activity: false, userId })
    : deps.tickets.redeem(ticket)

function requireHearing(session: ActiveSession, streams: readonly StreamName[]): void {
  requireOwnPassword(session)
  if (mayListen(session, streams)) return
  if (mayListen({ permissions: [...session.permissions, ...session.withheld] }, streams))
    requireProof(session, { aal: 'aal2' })
  throw new DomainError('forbidden')
}

function beginningOf(cursor: string | undefined, from: string | undefined): Beginning {
  if (cursor !== undefined) return { kind: 'cursor', cursor }
  if (from !== undefined) return { kind: 'time', ms: from === 'beginning' ? 0 : Date.parse(from) }
  return { kind: 'now' }
}
