import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Instant } from '#lib/contract/ids.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { Tickets } from './tickets.ts'

/** `POST /events/tickets`: for an EventSource that cannot send the cookie. */
export function addIssueTicket(
  app: OpenAPIHono<ServiceEnv>,
  deps: Parameters<typeof requireSession>[0] & { readonly tickets: Tickets },
): void {
  const route = createRoute({
    method: 'post',
    path: '/events/tickets',
    operationId: 'issueTicket',
    tags: ['Events'],
    summary: 'A ticket that opens one stream within 30 s',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: {
      201: {
        description: 'The ticket',
        content: { 'application/json': { schema: z.object({ ticket: z.string(), expiresAt: Instant }) } },
      },
      ...problemResponses(401, 403, 415, 429, 503),
    },
  })
  app.openapi(route, async (c) => c.json(await deps.tickets.issue(c.var.session), 201))
}
