import { randomUUIDv7 } from 'node:crypto'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import { actions } from '#lib/contract/actions.ts'
import { IdempotencyKey, SubmitAnswer, SubmitRequest } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { linksTo, needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** POST /tebra/requests: checked, audited, stored as safely as configured, and only then answered 202. */
export function addSubmitRequest(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/requests',
    operationId: 'submitRequest',
    tags: ['Requests'],
    summary: 'Submit a request to Tebra',
    security: needsSession,
    middleware: deps.signedIn(),
    request: {
      headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
      body: { required: true, content: { 'application/json': { schema: SubmitRequest } } },
    },
    responses: {
      202: {
        description: 'Accepted: it ends exactly once, and the end arrives as an event',
        headers: z.object({ Location: z.string() }),
        content: { 'application/json': { schema: SubmitAnswer } },
        links: linksTo('/id', 'readRequest', 'cancelRequest'),
      },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session, requestId } = c.var
    const body = c.req.valid('json')
    if (!session.permissions.includes(actions[body.action].permission)) throw new DomainError('forbidden')

    const id = randomUUIDv7()
    const request = {
      id,
      action: body.action,
      params: body.params,
      practiceId: session.practiceId,
      userId: session.userId,
      correlationId: body.correlationId ?? randomUUIDv7(),
      priority: body.priority,
      cache: body.cache,
      idempotencyKey: c.req.valid('header')['idempotency-key'],
    }
    // Before, and not after: what was queued cannot be taken back when the audit log turns out to be away.
    await auditRequest(deps.audit, 'request.submit', request, requestId)
    const submission = await deps.desk.submit(request)
    if (submission.kind === 'conflict') throw new DomainError('idempotency-conflict')
    if (submission.kind === 'moving') throw new DomainError('queue-moving', { retryAfterSeconds: 10 })
    if (submission.kind === 'full') {
      await deps.book.tell([{ kind: 'queue-full', subject: 'queue', reason: 'byte-budget', stands: true }])
      throw new DomainError('queue-full', { retryAfterSeconds: 10 })
    }
    const accepted = { ...request, id: submission.id }
    if (await deps.answerFromCache(accepted))
      await auditRequest(deps.audit, 'request.end', accepted, submission.correlationId)
    await deps.confirmDurable(session.practiceId, submission.id)

    const self = `/tebra/requests/${submission.id}`
    c.header('Location', self)
    return c.json(
      {
        id: submission.id,
        correlationId: submission.correlationId,
        status: 'pending' as const,
        links: { self, events: '/events?streams=tebra:responses,tebra:status' },
      },
      202,
    )
  })
}

function auditRequest(
  audit: AuditLog,
  action: 'request.submit' | 'request.end',
  request: { id: string; action: string; userId: string; practiceId: string },
  requestId: string,
): Promise<void> {
  return audit.append({
    action,
    actor: request.userId,
    practiceId: request.practiceId,
    entity: `Request/${request.id}`,
    outcome: 'success',
    requestId,
    ...(action === 'request.submit' && { reason: request.action }),
  })
}
