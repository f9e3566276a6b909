import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { Uuid } from '#lib/contract/ids.ts'
import { isEnd, RequestRecord } from '#lib/contract/requests.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditDeed } from './audit-change.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { addListRequests } from './list-requests.ts'

const waitPollMs = 100

/** GET /tebra/requests/:id, at once or as soon as it ends within `wait` seconds; GET /tebra/requests, newest first. */
export function addReadRequests(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/requests/{id}',
    operationId: 'readRequest',
    tags: ['Requests'],
    summary: 'One request: status, timeline and, when it has ended, its result',
    security: needsSession,
    middleware: deps.signedIn(),
    request: {
      params: z.object({ id: Uuid }),
      query: z.object({ wait: z.coerce.number().int().min(0).max(30).default(0) }),
    },
    responses: {
      200: { description: 'The request', content: { 'application/json': { schema: RequestRecord } } },
      ...problemResponses(401, 404, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { session } = c.var
    const deadline = performance.now() + c.req.valid('query').wait * 1000
    for (;;) {
      const seen = await deps.desk.readPlain(session.practiceId, id)
      if (!seen || !mayRead(session, seen)) throw new DomainError('not-found')
      if (isEnd(seen.status) || performance.now() >= deadline || c.req.raw.signal.aborted) break
      await new Promise((resolve) => setTimeout(resolve, waitPollMs))
    }
    const record = await deps.desk.read(session.practiceId, id)
    if (!record) throw new DomainError('not-found')
    const own = record.userId === session.userId
    if (!own || record.data !== undefined || record.note !== undefined)
      await auditDeed(deps, c.var, { action: 'request.read', entity: `Request/${id}` })
    return c.json(own ? record : withoutData(record), 200)
  })

  addListRequests(app, deps)
}

/** The requester's own; an operator sees how a request went, never its result. */
function mayRead(session: ActiveSession, record: RequestRecord): boolean {
  return record.userId === session.userId || session.permissions.includes('ops:read')
}

function withoutData({ data: _, ...record }: RequestRecord): RequestRecord {
  return record
}
