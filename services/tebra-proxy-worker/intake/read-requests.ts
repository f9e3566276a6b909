import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { ActionName } from '#lib/contract/actions.ts'
import { GivenInstant, Uuid } from '#lib/contract/ids.ts'
import { isEnd, RequestRecord, RequestStatus } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { ActiveSession } from '#lib/http/session-guard.ts'
import type { IntakeDeps } from './intake-deps.ts'

const waitPollMs = 100
const pageSize = 50

/** GET /tebra/requests/:id, at once or as soon as it ends within `wait` seconds; GET /tebra/requests, newest first. */
export function addReadRequests(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const one = createRoute({
    method: 'get',
    path: '/tebra/requests/{id}',
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

  app.openapi(one, async (c) => {
    const { id } = c.req.valid('param')
    const deadline = performance.now() + c.req.valid('query').wait * 1000
    for (;;) {
      const record = await deps.desk.read(id)
      if (!record || !mayRead(c.var.session, record)) throw new DomainError('not-found')
      if (isEnd(record.status) || performance.now() >= deadline || c.req.raw.signal.aborted) {
        if (record.data !== undefined) await auditRead(deps, c.var.session, id, c.var.requestId)
        return c.json(record.userId === c.var.session.userId ? record : withoutData(record), 200)
      }
      await new Promise((resolve) => setTimeout(resolve, waitPollMs))
    }
  })

  const many = createRoute({
    method: 'get',
    path: '/tebra/requests',
    summary: 'The caller’s requests, or the practice’s with ops:read; newest first, without results',
    security: needsSession,
    middleware: deps.signedIn(),
    request: {
      query: z.object({
        status: RequestStatus.optional(),
        action: ActionName.optional(),
        from: GivenInstant.optional(),
        to: GivenInstant.optional(),
        cursor: z
          .string()
          .regex(/^[0-9]{1,16}$/)
          .optional(),
      }),
    },
    responses: {
      200: {
        description: 'A page; `cursor` names the next one',
        content: {
          'application/json': {
            schema: z.object({ requests: z.array(RequestRecord), cursor: z.string().optional() }),
          },
        },
      },
      ...problemResponses(401, 422, 503),
    },
  })

  app.openapi(many, async (c) => {
    const { status, action, from, to, cursor } = c.req.valid('query')
    const { practiceId, userId, permissions } = c.var.session
    const whose = permissions.includes('ops:read') ? { practiceId } : { practiceId, userId }
    const { records, next } = await deps.desk.history(whose, {
      from: from ? Date.parse(from) : 0,
      before: cursor ? Number(cursor) : to ? Date.parse(to) : deps.now() + 60_000,
      count: pageSize,
    })
    const requests = records.filter(
      (record) => (!status || record.status === status) && (!action || record.action === action),
    )
    return c.json({ requests, ...(next !== undefined && { cursor: String(next) }) }, 200)
  })
}

/** The requester's own; an operator sees how a request went, never its result. */
function mayRead(session: ActiveSession, record: RequestRecord): boolean {
  if (record.practiceId !== session.practiceId) return false
  return record.userId === session.userId || session.permissions.includes('ops:read')
}

function withoutData({ data: _, ...record }: RequestRecord): RequestRecord {
  return record
}

function auditRead(deps: IntakeDeps, session: ActiveSession, id: string, requestId: string): Promise<void> {
  return deps.audit.append({
    action: 'request.read',
    actor: session.userId,
    practiceId: session.practiceId,
    entity: `Request/${id}`,
    outcome: 'success',
    requestId,
  })
}
