import { isDeepStrictEqual } from 'node:util'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { actions } from '#lib/contract/actions.ts'
import { RequeueRequest } from '#lib/contract/dead-letters.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditChange } from './audit-change.ts'
import { needsConfirm } from './dead-letter-desk.ts'
import { findDeadLetter } from './find-dead-letter.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** POST /tebra/dead-letters/:id/requeue: another round, as it was or edited, under its requester's name. */
export function addRequeueDeadLetter(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/dead-letters/{id}/requeue',
    operationId: 'requeueDeadLetter',
    tags: ['Dead letters'],
    summary: 'Another round for a dead letter',
    description:
      'An uncertain write needs `confirm: "not-applied"`: somebody has looked and it is not there. Otherwise it may be written twice.',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: {
      params: z.object({ id: Uuid }),
      body: { content: { 'application/json': { schema: RequeueRequest } } },
    },
    responses: {
      200: {
        description: 'In the queue again',
        content: { 'application/json': { schema: RequestRecord } },
      },
      ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const found = await findDeadLetter(deps, c.var.session, c.req.valid('param').id)
    const { params, confirm } = c.req.valid('json')
    const edited = params && actions[found.action].params.safeParse(params)
    if (edited && !edited.success) throw wrongParams(edited.error)
    if (needsConfirm(found) && confirm !== 'not-applied') throw new DomainError('confirm-required')

    const { deadLetters } = deps.desk
    const fields = edited && changedFields(await deadLetters.params(found), edited.data)
    const answer = await auditChange(
      deps,
      c.var,
      {
        action: 'dead-letter.requeue',
        entity: `Request/${found.id}`,
        reason: [
          fields && fields.length > 0 ? `edited: ${fields.join(', ')}` : 'as it was',
          ...(needsConfirm(found) ? ['confirmed: not-applied'] : []),
        ].join('; '),
      },
      () => deadLetters.requeue(found, edited?.data),
    )
    if (answer === 'full') throw new DomainError('queue-full', { retryAfterSeconds: 10 })
    if (answer === 'moving') throw new DomainError('queue-moving', { retryAfterSeconds: 10 })
    if (answer === 'changed') throw new DomainError('not-a-dead-letter')
    await deps.confirmDurable(found.practiceId, found.id)
    return c.json((await deps.desk.readPlain(found.practiceId, found.id)) ?? found, 200)
  })
}

/** Which params are right is the dead letter's matter, and no document's. */
const wrongParams = (error: z.ZodError): DomainError =>
  new DomainError('params-refused', {
    errors: error.issues.map(({ path, message }) => ({ path: ['params', ...path].join('.'), message })),
  })

/** The names of the fields that differ; their values are patient data and stay out of the audit log. */
function changedFields(before: Readonly<Record<string, unknown>>, after: object): string[] {
  const now = new Map<string, unknown>(Object.entries(after))
  const names = new Set([...Object.keys(before), ...now.keys()])
  return [...names].filter((name) => !isDeepStrictEqual(before[name], now.get(name))).sort()
}
