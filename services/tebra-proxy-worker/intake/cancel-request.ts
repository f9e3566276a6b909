import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { Uuid } from '#lib/contract/ids.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** POST /tebra/requests/:id/cancel: only the requester, and only before the upstream call has begun. */
export function addCancelRequest(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/requests/{id}/cancel',
    summary: 'Cancel a request that has not been sent yet',
    security: needsSession,
    middleware: deps.signedIn(),
    request: { params: z.object({ id: Uuid }) },
    responses: {
      200: { description: 'Cancelled', content: { 'application/json': { schema: RequestRecord } } },
      ...problemResponses(401, 403, 404, 409, 415, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { session } = c.var
    const record = await deps.desk.read(id)
    if (!record || record.practiceId !== session.practiceId || record.userId !== session.userId)
      throw new DomainError('not-found')
    await deps.audit.append({
      action: 'request.cancel',
      actor: session.userId,
      practiceId: session.practiceId,
      entity: `Request/${id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    const answer = await deps.desk.cancel(record)
    if (answer === 'missing') throw new DomainError('not-found')
    if (answer === 'ended') throw new DomainError('already-ended')
    if (answer === 'started') throw new DomainError('already-started')
    const cancelled = await deps.desk.read(id)
    if (!cancelled) throw new DomainError('not-found')
    return c.json(cancelled, 200)
  })
}
