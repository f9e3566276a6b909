import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { StreamStatus } from '#lib/contract/events.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { Instances } from './instances.ts'
import type { Places } from './places.ts'

/** `GET /events/status`: the instances and their streams, and who of the caller's practice listens now. */
export function addShowStreams(
  app: OpenAPIHono<ServiceEnv>,
  deps: Parameters<typeof requireSession>[0] & { readonly instances: Instances; readonly places: Places },
): void {
  const route = createRoute({
    method: 'get',
    path: '/events/status',
    operationId: 'showStreams',
    tags: ['Events'],
    summary: 'Open event streams, by instance and by user of the practice',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'ops:read' })] as const,
    responses: {
      200: { description: 'Open streams', content: { 'application/json': { schema: StreamStatus } } },
      ...problemResponses(401, 403, 429, 503),
    },
  })
  app.openapi(route, async (c) => {
    const [instances, open] = await Promise.all([
      deps.instances.list(),
      deps.places.of(c.var.session.practiceId),
    ])
    return c.json({ instances, practice: { streams: open.streams, users: [...open.users] } }, 200)
  })
}
