import { createRoute, z } from '@hono/zod-openapi'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import { StreamName } from '#lib/contract/events.ts'
import { Instant } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { addHealthRoutes, type HealthDeps } from '#lib/http/health-routes.ts'
import { needsSession, problemResponses, serveOpenApi } from '#lib/http/openapi.ts'
import type { RateLimiter } from '#lib/http/rate-limiter.ts'
import { credentialsOf, requireSession } from '#lib/http/require-session.ts'
import { createServiceApp, type ServiceAppDeps } from '#lib/http/service-app.ts'
import type { ActiveSession, SessionGuard } from '#lib/http/session-guard.ts'
import { mayListen } from './may-listen.ts'
import type { createOpenStream } from './open-stream.ts'
import { addConsole, type ConsoleFile } from './serve-console.ts'
import type { Tickets } from './tickets.ts'

export interface StreamSseDeps extends ServiceAppDeps {
  readonly health: HealthDeps
  readonly guard: SessionGuard
  readonly origins: readonly string[]
  readonly rates: RateLimiter
  readonly audit: AuditLog
  readonly tickets: Tickets
  readonly openStream: ReturnType<typeof createOpenStream>
  /** Throws where another stream may not be opened now: capacity, the user's share, shutting down. */
  readonly admit: (session: ActiveSession) => void
  readonly consoleFiles: ReadonlyMap<string, ConsoleFile>
}

const StreamList = z
  .string()
  .default('tebra:responses,tebra:status')
  .transform((list) => list.split(','))
  .pipe(z.array(StreamName).min(1).max(StreamName.options.length))
  .openapi({ type: 'string', pattern: '^tebra:(status|responses)(,tebra:(status|responses))?$' })

const events = createRoute({
  method: 'get',
  path: '/events',
  summary: 'Live events of the caller, as Server-Sent Events',
  security: [...needsSession, {}],
  request: {
    query: z.object({
      streams: StreamList,
      lastEventId: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: 'For clients that cannot set Last-Event-ID' }),
      ticket: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: 'From POST /events/tickets; stands for the session once' }),
    }),
  },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemResponses(401, 403, 422, 429, 503),
  },
})

export function createApp(deps: StreamSseDeps) {
  const app = createServiceApp(deps)
  const signedIn = requireSession(deps)

  app.openapi(
    createRoute({
      method: 'post',
      path: '/events/tickets',
      summary: 'A ticket that opens one stream within 30 s',
      security: needsSession,
      middleware: [signedIn] as const,
      responses: {
        201: {
          description: 'The ticket',
          content: { 'application/json': { schema: z.object({ ticket: z.string(), expiresAt: Instant }) } },
        },
        ...problemResponses(401, 403, 415, 503),
      },
    }),
    async (c) => c.json(await deps.tickets.issue(c.var.session), 201),
  )

  app.openapi({ ...events, middleware: [] }, async (c) => {
    const { streams, lastEventId, ticket } = c.req.valid('query')
    const session = await listenerOf(deps, ticket, credentialsOf(c)?.token)
    const rateHeaders = await deps.rates.admit(session, 'stream')
    if (!mayListen(session, streams)) throw new DomainError('forbidden')
    deps.admit(session)
    await deps.audit.append({
      action: 'stream.open',
      actor: session.userId,
      practiceId: session.practiceId,
      entity: `Session/${session.id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    const cursor = c.req.header('Last-Event-ID') ?? lastEventId
    const body = deps.openStream({ session, streams, cursor: cursor || undefined, signal: c.req.raw.signal })
    return c.body(body, 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...rateHeaders,
    })
  })

  addConsole(app, deps.consoleFiles)
  addHealthRoutes(app, deps.health)
  serveOpenApi(app, { path: '/events/openapi.json', title: 'stream-sse', version: deps.health.version })
  return app
}

/** The session that listens. Opening a stream is not activity: it may be a page that nobody looks at. */
async function listenerOf(deps: StreamSseDeps, ticket: string | undefined, token: string | undefined) {
  const session =
    ticket === undefined
      ? token === undefined
        ? undefined
        : await deps.guard.check(token, { activity: false })
      : await deps.tickets.redeem(ticket)
  if (!session) throw new DomainError('unauthenticated')
  return session
}
