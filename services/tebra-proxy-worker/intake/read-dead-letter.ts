import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { OpenedDeadLetter } from '#lib/contract/dead-letters.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditDeed } from './audit-change.ts'
import { isDeadLetter } from './dead-letter-desk.ts'
import { toDeadLetter } from './find-dead-letter.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** GET /tebra/dead-letters/:id: with its params opened for an operator to edit, which is a read of patient data. */
export function addReadDeadLetter(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/dead-letters/{id}',
    operationId: 'readDeadLetter',
    tags: ['Dead letters'],
    summary: 'One dead letter with the params that were sent',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: { params: z.object({ id: Uuid }) },
    responses: {
      200: {
        description: 'The dead letter',
        content: { 'application/json': { schema: OpenedDeadLetter } },
      },
      ...problemResponses(401, 403, 404, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const record = await deps.desk.readPlain(c.var.session.practiceId, id)
    if (!record || !isDeadLetter(record)) throw new DomainError('not-found')
    await auditDeed(deps, c.var, { action: 'dead-letter.read', entity: `Request/${id}` })
    const params = await deps.desk.deadLetters.params(record)
    return c.json({ ...toDeadLetter(record, deps.now()), params }, 200)
  })
}
