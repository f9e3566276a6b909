import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { StatusSamples } from '#lib/contract/health.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { readSamples } from '../alerts/status-samples.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** GET /tebra/status/samples: how queue and Redis stood in the last hour, whoever looked. */
export function addShowSamples(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/status/samples',
    operationId: 'listStatusSamples',
    tags: ['Operations'],
    summary: 'Queue and Redis in the last hour',
    security: needsSession,
    middleware: deps.signedIn('ops:read'),
    responses: {
      200: {
        description: 'A sample every 10 s, oldest first; fewer where no process watched',
        content: { 'application/json': { schema: StatusSamples } },
      },
      ...problemResponses(401, 403, 503),
    },
  })
  app.openapi(route, async (c) => c.json({ samples: await readSamples(deps.redis) }, 200))
}
