import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { AuditLog } from '#lib/audit/audit-log.ts'
import type { EventBus } from '#lib/bus/event-bus.ts'
import { PublishAnswer, PublishRequest } from '#lib/contract/events.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'

/** `POST /events/publish`: a program tells the practice's listeners something. */
export function addPublishEvent(
  app: OpenAPIHono<ServiceEnv>,
  deps: Parameters<typeof requireSession>[0] & { readonly audit: AuditLog; readonly bus: EventBus },
): void {
  const route = createRoute({
    method: 'post',
    path: '/events/publish',
    operationId: 'publishEvent',
    tags: ['Events'],
    summary: 'Publish an event to those who listen to the stream',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'events:publish' })] as const,
    request: {
      headers: z.object({
        'idempotency-key': z
          .string()
          .regex(/^[\x21-\x7e]{1,128}$/)
          .optional()
          .openapi({ description: 'For a day, what is sent under it again is published once' }),
      }),
      body: { required: true, content: { 'application/json': { schema: PublishRequest } } },
    },
    responses: {
      201: { description: 'Published', content: { 'application/json': { schema: PublishAnswer } } },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId } = c.var.session
    const { stream, ...said } = c.req.valid('json')
    const key = c.req.valid('header')['idempotency-key']
    await deps.audit.append({
      action: 'event.publish',
      actor: userId,
      practiceId,
      entity: `Stream/${stream}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    // A key is its publisher's own: two programs may count from one.
    const answer = await deps.bus.append({ practiceId, stream, ...said }, key && `${userId} ${key}`)
    if (answer.kind === 'conflict') throw new DomainError('idempotency-conflict')
    return c.json({ id: answer.id }, 201)
  })
}
