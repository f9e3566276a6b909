import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { ActionName } from '#lib/contract/actions.ts'
import { GivenInstant, Uuid } from '#lib/contract/ids.ts'
import { PageCursor } from '#lib/contract/page-cursor.ts'
import { RequestRecord, RequestStatus } from '#lib/contract/requests.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditDeed } from './audit-change.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { rangeOf, toCursor } from './page-cursor.ts'

const size = 50

const Query = z.object({
  status: RequestStatus.optional(),
  action: ActionName.optional(),
  userId: Uuid.optional().meta({ description: 'another user’s needs ops:read' }),
  from: GivenInstant.optional().meta({ description: 'submitted then or later' }),
  to: GivenInstant.optional().meta({ description: 'submitted before then' }),
  cursor: PageCursor.optional(),
})

/** GET /tebra/requests: the caller's history, or the practice's with ops:read; newest first, without results. */
export function addListRequests(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/requests',
    operationId: 'listRequests',
    tags: ['Requests'],
    summary: 'The caller’s requests, or the practice’s with ops:read; newest first, without results',
    security: needsSession,
    middleware: deps.signedIn(),
    request: { query: Query },
    responses: {
      200: {
        description: 'A page; `cursor` names the next one, and a page without it is the last',
        content: {
          'application/json': {
            schema: z.object({ requests: z.array(RequestRecord), cursor: PageCursor.optional() }),
          },
        },
      },
      ...problemResponses(401, 403, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session } = c.var
    const query = c.req.valid('query')
    const { status, action } = query
    const userId = whose(session, query.userId)
    const { items, next } = await deps.desk.history(
      { practiceId: session.practiceId, ...(userId !== undefined && { userId }) },
      { ...rangeOf(query), size },
      (record) => (!status || record.status === status) && (!action || record.action === action),
    )
    if (items.some((record) => record.userId !== session.userId))
      await auditDeed(deps, c.var, {
        action: 'request.list',
        entity: userId === undefined ? `Practice/${session.practiceId}` : `User/${userId}`,
      })
    return c.json({ requests: [...items], ...(next && { cursor: toCursor(next) }) }, 200)
  })
}

/** The user whose history is listed; undefined for the whole practice's. */
function whose(session: ActiveSession, asked: string | undefined): string | undefined {
  if (session.permissions.includes('ops:read')) return asked
  if (asked !== undefined && asked !== session.userId) throw new DomainError('forbidden')
  return session.userId
}
