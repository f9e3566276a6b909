import type { OpenAPIHono } from '@hono/zod-openapi'
import { Problem } from '#lib/contract/problem.ts'
import { sessionCookie } from './require-session.ts'
import type { ServiceEnv } from './service-env.ts'

/** Serves the OpenAPI 3.1 document made from the schemas that validate. */
export function serveOpenApi(
  app: OpenAPIHono<ServiceEnv>,
  options: { path: string; title: string; version: string },
): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', { type: 'http', scheme: 'bearer' })
  app.openAPIRegistry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
  })
  app.doc31(options.path, { openapi: '3.1.0', info: { title: options.title, version: options.version } })
}

/** The `responses` entries of the problems a route can answer, by status; where a session is asked for, 429 too. */
export function problemResponses<S extends number>(...statuses: S[]): Record<S, ProblemResponse> {
  const response: ProblemResponse = {
    description: 'Problem details (RFC 9457)',
    content: { 'application/problem+json': { schema: Problem } },
  }
  const limited: number[] = (statuses as number[]).includes(401) ? [429] : []
  return Object.fromEntries([...statuses, ...limited].map((status) => [status, response])) as Record<
    S,
    ProblemResponse
  >
}

interface ProblemResponse {
  description: string
  content: { 'application/problem+json': { schema: typeof Problem } }
}

/** Marks a route as needing a session, by bearer or by cookie. */
export const needsSession = [{ session: [] }, { cookie: [] }]
