import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { ResolveRequest } from '#lib/contract/dead-letters.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditChange } from './audit-change.ts'
import { findDeadLetter } from './find-dead-letter.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** POST /tebra/dead-letters/:id/resolve: settled by hand; the record keeps by whom, when and why, and ages out. */
export function addResolveDeadLetter(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/dead-letters/{id}/resolve',
    operationId: 'resolveDeadLetter',
    tags: ['Dead letters'],
    summary: 'Settle a dead letter by hand, with a note',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: {
      params: z.object({ id: Uuid }),
      body: { required: true, content: { 'application/json': { schema: ResolveRequest } } },
    },
    responses: {
      200: { description: 'Settled', content: { 'application/json': { schema: RequestRecord } } },
      ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session } = c.var
    const found = await findDeadLetter(deps, session, c.req.valid('param').id)
    const { outcome, note } = c.req.valid('json')
    const answer = await auditChange(
      deps,
      c.var,
      { action: 'dead-letter.resolve', entity: `Request/${found.id}`, reason: outcome },
      () => deps.desk.deadLetters.resolve(found, { outcome, note, userId: session.userId }),
    )
    if (answer === 'changed') throw new DomainError('not-a-dead-letter')
    await deps.confirmDurable(found.practiceId, found.id)
    return c.json({ ...((await deps.desk.readPlain(found.practiceId, found.id)) ?? found), note }, 200)
  })
}
