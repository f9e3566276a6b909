import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RequeueManyAnswer, RequeueManyRequest } from '#lib/contract/dead-letters.ts'
import type { RequestRecord } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditChange, type Caller } from './audit-change.ts'
import { needsConfirm } from './dead-letter-desk.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { rangeOf, toCursor } from './page-cursor.ts'

const atOnce = 50
const scannedMax = 10_000

/** POST /tebra/dead-letters/requeue: another round for what a filter matches, each letter in a step of its own. */
export function addRequeueMany(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/dead-letters/requeue',
    operationId: 'requeueDeadLetters',
    tags: ['Dead letters'],
    summary: 'Another round for many dead letters, as they were',
    description:
      'Takes up the newest that match, up to `limit`, and queues the oldest of them first. Uncertain writes are skipped: each needs a person’s word.',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: { body: { required: true, content: { 'application/json': { schema: RequeueManyRequest } } } },
    responses: {
      200: {
        description: 'What was requeued and what was not',
        content: { 'application/json': { schema: RequeueManyAnswer } },
      },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { filter, limit, cursor, confirm } = c.req.valid('json')
    const { items, next } = await deps.desk.deadLetters.list(
      c.var.session.practiceId,
      { ...rangeOf({ ...filter, cursor }), size: limit, scannedMax },
      ({ action, error }) =>
        (!filter.action || action === filter.action) && (!filter.reason || error?.code === filter.reason),
    )
    if (confirm !== undefined && confirm !== items.length)
      throw new DomainError('version-conflict', { detail: `${items.length} match, not ${confirm}` })

    const letters = items.filter((letter) => !needsConfirm(letter)).reverse()
    const count = await requeueAll(deps, c.var, letters)
    if (count.queueFull > 0 && count.done === 0)
      throw new DomainError('queue-full', { retryAfterSeconds: 10 })
    if (count.done > 0) await deps.confirmDurable(c.var.session.practiceId, ...letters.map(({ id }) => id))
    const { changed, queueFull } = count
    return c.json(
      {
        requeued: count.done,
        skipped: items.length - count.done,
        skippedFor: { confirmRequired: items.length - letters.length, changed, queueFull },
        ...(next && { cursor: toCursor(next) }),
      },
      200,
    )
  })
}

/** In order, some at a time; the first that finds the queue full is followed by no more. */
async function requeueAll(deps: IntakeDeps, caller: Caller, letters: readonly RequestRecord[]) {
  const count = { done: 0, changed: 0, queueFull: 0 }
  for (let start = 0; start < letters.length; start += atOnce) {
    const answers = await Promise.all(
      letters.slice(start, start + atOnce).map((letter) =>
        auditChange(
          deps,
          caller,
          {
            action: 'dead-letter.requeue',
            entity: `Request/${letter.id}`,
            reason: 'as it was; one of many',
          },
          () => deps.desk.deadLetters.requeue(letter),
        ),
      ),
    )
    if (answers.includes('moving')) throw new DomainError('queue-moving', { retryAfterSeconds: 10 })
    count.done += answers.filter((answer) => answer === 'done').length
    count.changed += answers.filter((answer) => answer === 'changed').length
    if (answers.includes('full')) return { ...count, queueFull: letters.length - count.done - count.changed }
  }
  return count
}
