import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { ActionName } from '#lib/contract/actions.ts'
import { DeadLetter, DeadLetterReason } from '#lib/contract/dead-letters.ts'
import { GivenInstant } from '#lib/contract/ids.ts'
import { PageCursor } from '#lib/contract/page-cursor.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditDeed } from './audit-change.ts'
import { toDeadLetter } from './find-dead-letter.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { rangeOf, toCursor } from './page-cursor.ts'

const size = 50

const Query = z.object({
  reason: DeadLetterReason.optional(),
  action: ActionName.optional(),
  status: z.enum(['dead', 'uncertain']).optional(),
  from: GivenInstant.optional().meta({ description: 'ended then or later' }),
  to: GivenInstant.optional().meta({ description: 'ended before then' }),
  cursor: PageCursor.optional(),
})

/** GET /tebra/dead-letters: the practice's, newest first; all of them, page by page, for none is ever dropped. */
export function addListDeadLetters(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/dead-letters',
    operationId: 'listDeadLetters',
    tags: ['Dead letters'],
    summary: 'The practice’s dead letters, newest first',
    description:
      'Each stays until it is requeued or resolved: none is trimmed or ages out. How many there are is in /tebra/status.',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: { query: Query },
    responses: {
      200: {
        description: 'A page, without params or results; `cursor` names the next one',
        content: {
          'application/json': {
            schema: z.object({ deadLetters: z.array(DeadLetter), cursor: PageCursor.optional() }),
          },
        },
      },
      ...problemResponses(401, 403, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session } = c.var
    const query = c.req.valid('query')
    const { items, next } = await deps.desk.deadLetters.list(
      session.practiceId,
      { ...rangeOf(query), size },
      ({ status, action, error }) =>
        (!query.status || status === query.status) &&
        (!query.action || action === query.action) &&
        (!query.reason || error?.code === query.reason),
    )
    if (items.some(({ userId }) => userId !== session.userId))
      await auditDeed(deps, c.var, { action: 'dead-letter.list', entity: `Practice/${session.practiceId}` })
    const now = deps.now()
    const deadLetters = items.map((record) => toDeadLetter(record, now))
    return c.json({ deadLetters, ...(next && { cursor: toCursor(next) }) }, 200)
  })
}
