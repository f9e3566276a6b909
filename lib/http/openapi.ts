import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { Problem } from '#lib/contract/problem.ts'
import { sessionCookie } from './require-session.ts'
import type { ServiceEnv } from './service-env.ts'

/** What a caller may send with any request, and what every answer has. */
const everywhere = [
  'Errors are RFC 9457 problem details; tell them apart by `code`. A 422 means that this document forbids the request; what depends on state is 401, 403, 404 or 409.',
  '`X-Request-Id` (8 to 128 of A-Z a-z 0-9 . _ -) is taken over into the answer and the logs, else one is made.',
  '`X-User` (a user’s id) makes a request fail with 401 unless the session is that user’s; `X-Background` says that it is no activity of theirs.',
].join('\n\n')

const securitySchemes = {
  session: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'opaque',
    description: 'A session token: of a sign-in with `"delivery": "bearer"`, or of POST /auth/token.',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description: 'A session of a browser. Methods that change state need an Origin of ours besides.',
  },
  program: {
    type: 'oauth2',
    description: 'A program’s own session, by the id and secret of its service account.',
    flows: { clientCredentials: { tokenUrl: '/auth/token', scopes: {} } },
  },
} as const

/** Serves the OpenAPI 3.1 document made from the schemas that validate. */
export function serveOpenApi(
  app: OpenAPIHono<ServiceEnv>,
  options: { path: string; title: string; version: string; description?: string },
): void {
  const { path, title, version, description } = options
  for (const [name, scheme] of Object.entries(securitySchemes))
    app.openAPIRegistry.registerComponent('securitySchemes', name, scheme)
  app.doc31(path, {
    openapi: '3.1.0',
    info: { title, version, description: [...(description ? [description] : []), everywhere].join('\n\n') },
  })
}

/** Puts into the document what no route names by itself, such as the `contentSchema` of a text. */
export function registerSchemas(
  app: OpenAPIHono<ServiceEnv>,
  schemas: Readonly<Record<string, z.ZodType>>,
): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const json = JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))
    const { $schema, $defs, ...own } = JSON.parse(json.replaceAll('#/$defs/', '#/components/schemas/'))
    // A schema with an id of its own stands among the definitions, and `own` only leads there.
    for (const [inner, component] of Object.entries({ [name]: own, ...$defs }))
      app.openAPIRegistry.registerComponent('schemas', inner, component as object)
  }
}

const header = (description: string, type: 'string' | 'integer', required: boolean) => ({
  description,
  required,
  schema: { type },
})
const retryAfter = { 'Retry-After': header('seconds', 'integer', true) }

const descriptions: Readonly<Record<number, string>> = {
  400: 'The body is not what its media type says',
  401: 'No session, or what was given to prove something proves it not',
  403: 'Not permitted, or not without a better or fresher proof (`needs`)',
  404: 'Not there, or not for this caller',
  409: 'Not in the present state',
  413: 'The body is too large',
  415: 'The body is of another media type',
  422: 'Against this document; `errors` names the fields',
  429: 'Too many requests, or failures',
  500: 'Our fault',
  503: 'Not now: come back later',
}
const headers: Readonly<Record<number, object>> = {
  401: { 'WWW-Authenticate': header('the scheme (RFC 9110 §11.6.1)', 'string', true) },
  429: {
    ...retryAfter,
    RateLimit: header('what is left, and seconds until it is whole', 'string', true),
    'RateLimit-Policy': header('draft-ietf-httpapi-ratelimit-headers', 'string', true),
  },
  503: retryAfter,
}

/**
 * The `responses` entries of the problems a route can answer, by status. Any can answer 500 and 503, and where a
 * session is asked for, 429.
 */
export function problemResponses<S extends number>(...statuses: S[]): Record<S, ProblemResponse> {
  const all: number[] = [...statuses, 500, 503]
  if (all.includes(401)) all.push(429)
  const responses = all.map((status) => [
    status,
    {
      description: descriptions[status] ?? 'Problem details',
      ...(headers[status] && { headers: headers[status] }),
      content: { 'application/problem+json': { schema: Problem } },
    },
  ])
  return Object.fromEntries(responses) as Record<S, ProblemResponse>
}

interface ProblemResponse {
  description: string
  headers?: Record<string, ReturnType<typeof header>>
  content: { 'application/problem+json': { schema: typeof Problem } }
}

/** Marks a route as needing a session: by bearer, which programs come by in a way of their own, or by cookie. */
export const needsSession = [{ session: [] }, { cookie: [] }, { program: [] }]

/** The operations that go on with what an answer made: the id in it, by JSON pointer, is their path parameter `id`. */
export const linksTo = (pointer: string, ...operationIds: readonly string[]) =>
  Object.fromEntries(
    operationIds.map((operationId) => [
      operationId,
      { operationId, parameters: { id: `$response.body#${pointer}` } },
    ]),
  )
