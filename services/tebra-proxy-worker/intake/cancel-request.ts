import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { Uuid } from '#lib/contract/ids.ts'
import { isEnd, RequestRecord } from '#lib/contract/requests.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditChange } from './audit-change.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** POST /tebra/requests/:id/cancel: by the requester or an operator, and only before the upstream call has begun. */
export function addCancelRequest(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/requests/{id}/cancel',
    operationId: 'cancelRequest',
    tags: ['Requests'],
    summary: 'Cancel a request that has not been sent yet',
    security: needsSession,
    middleware: deps.signedIn(),
    request: { params: z.object({ id: Uuid }) },
    responses: {
      200: {
        description: 'Cancelled: it is not sent',
        content: { 'application/json': { schema: RequestRecord } },
      },
      ...problemResponses(401, 403, 404, 409, 415, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const record = await deps.desk.readPlain(c.var.session.practiceId, id)
    if (!record) throw new DomainError('not-found')
    const by = roleTowards(record, c.var.session)
    if (isEnd(record.status)) throw new DomainError('already-ended')
    const answer = await auditChange(
      deps,
      c.var,
      { action: 'request.cancel', entity: `Request/${id}`, reason: `by the ${by}` },
      () => deps.desk.cancel(record, by),
    )
    if (answer === 'missing') throw new DomainError('not-found')
    if (answer === 'ended') throw new DomainError('already-ended')
    if (answer === 'started') throw new DomainError('already-started')
    await deps.confirmDurable(record.practiceId, id)
    return c.json((await deps.desk.readPlain(record.practiceId, id)) ?? record, 200)
  })
}

/** As whom the caller may cancel it; 403 for those who may see that it is there, 404 for everybody else. */
function roleTowards(record: RequestRecord, session: ActiveSession): 'requester' | 'operator' {
  if (record.userId === session.userId) return 'requester'
  if (session.permissions.includes('dead-letters:write')) return 'operator'
  throw new DomainError(session.permissions.includes('ops:read') ? 'forbidden' : 'not-found')
}
