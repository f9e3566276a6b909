import { createRoute, z } from '@hono/zod-openapi'
import { expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import { linksTo, needsSession, problemResponses, registerSchemas, serveOpenApi } from './openapi.ts'
import { documentFaults } from './testing/document-faults.ts'
import { createTinyService } from './testing/tiny-service.ts'

/** The document of a service with these routes and schemas. */
async function documentOf(add: (app: ReturnType<typeof createTinyService>['app']) => void) {
  const { app } = createTinyService()
  add(app)
  serveOpenApi(app, { path: '/openapi.json', title: 'tiny', version: '1', description: 'Made for tests.' })
  return (await (await app.request('/openapi.json')).json()) as {
    info: { description: string }
    components: { schemas: Record<string, unknown> }
  }
}

test('documents each status as problem details: any may be 500 or 503, and with a session 429', () => {
  const responses = problemResponses(401, 409)
  expect(Object.keys(responses)).toEqual(['401', '409', '429', '500', '503'])
  expect(Object.keys(problemResponses(404))).toEqual(['404', '500', '503'])
  expect(responses[401].content['application/problem+json'].schema).toBe(Problem)
})

test('documents that either credential will do', () => {
  expect(needsSession).toEqual([{ session: [] }, { cookie: [] }, { program: [] }])
})

test('leads from what was made to what can be done with it', () => {
  expect(linksTo('/account/id', 'rotate')).toEqual({
    rotate: { operationId: 'rotate', parameters: { id: '$response.body#/account/id' } },
  })
})

test('has the schemas that only a text’s contentSchema names, and those within', async () => {
  const Inner = z.enum(['a', 'b']).meta({ id: 'Inner' })
  const Named = z.object({ inner: Inner }).meta({ id: 'Named' })
  const Plain = z.object({ inner: Inner.optional() })
  const document = await documentOf((app) => registerSchemas(app, { Named, Plain }))
  const properties = { inner: { $ref: '#/components/schemas/Inner' } }
  expect(document.components.schemas).toMatchObject({
    Named: { type: 'object', properties },
    Plain: { type: 'object', properties },
    Inner: { enum: ['a', 'b'] },
  })
  expect(documentFaults(document)).toEqual([])
  expect(document.info.description).toMatch(/^Made for tests\.\n\n.*RFC 9457/)
})

test('sees what would disappoint who makes a client', async () => {
  const content = { 'application/json': { schema: z.object({}) } }
  const made = { description: 'Made', links: linksTo('/id', 'nowhere') }
  const bare = createRoute({
    method: 'post',
    path: '/bare',
    security: needsSession,
    request: { body: { content } },
    responses: { 201: made },
  })
  const document = await documentOf((app) => app.openapi(bare, (c) => c.body(null, 201)))
  document.components.schemas.Loop = { $ref: '#/components/schemas/Loop' }
  expect(documentFaults(document)).toEqual([
    'post /bare has no name',
    'post /bare has no tag or no summary',
    'post /bare does not tell of 400',
    'post /bare does not tell of 413',
    'post /bare does not tell of 415',
    'post /bare does not tell of 401',
    'post /bare does not tell of 429',
    'post /bare leads to nowhere',
    'nothing is at components/schemas/Loop',
  ])
})
