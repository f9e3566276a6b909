import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { ActionName, actionNames, actions, cacheRuleOf } from '#lib/contract/actions.ts'
import { Permission } from '#lib/contract/permissions.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { IntakeDeps } from './intake-deps.ts'

const Catalogue = z
  .object({
    actions: z.array(
      z.object({
        name: ActionName,
        params: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema' }),
        permission: Permission,
        idempotent: z.boolean(),
        minimumIntervalMs: z.int(),
        cache: z.object({ freshMs: z.int(), staleMs: z.int() }).optional().meta({
          description: 'how long an answer passes for new, and stands in for an upstream that is away',
        }),
      }),
    ),
  })
  .meta({ id: 'ActionCatalogue' })

const catalogue: z.output<typeof Catalogue> = {
  actions: actionNames.map((name) => {
    const { params, permission, idempotent, minimumIntervalMs } = actions[name]
    const rule = cacheRuleOf(name)
    return {
      name,
      params: { ...z.toJSONSchema(params, { io: 'input' }) },
      permission,
      idempotent,
      minimumIntervalMs,
      ...(rule && { cache: { freshMs: rule.freshMs, staleMs: rule.staleMs } }),
    }
  }),
}

/** GET /tebra/actions: what can be asked of Tebra, with the schema of each action's params. */
export function addListActions(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/actions',
    operationId: 'listActions',
    tags: ['Requests'],
    summary: 'The catalogue of actions',
    security: needsSession,
    middleware: deps.signedIn(),
    responses: {
      200: { description: 'The catalogue', content: { 'application/json': { schema: Catalogue } } },
      ...problemResponses(401, 503),
    },
  })
  app.openapi(route, (c) => c.json(catalogue, 200))
}
