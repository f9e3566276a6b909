import { createRoute, z } from '@hono/zod-openapi'
import { beforeEach, expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import { answerJson } from './answer-json.ts'
import { serveOpenApi } from './openapi.ts'
import { createTinyService, type TinyService } from './testing/tiny-service.ts'

const Note = z.strictObject({ to: z.object({ name: z.string() }), count: z.int() })
const write = createRoute({
  method: 'post',
  path: '/notes/{id}',
  request: {
    params: z.object({ id: z.string().regex(/^[0-9]+$/) }),
    query: z.object({ limit: z.coerce.number().int().optional() }),
    body: { required: true, content: { 'application/json': { schema: Note } } },
  },
  responses: { 200: { description: 'Written', content: { 'application/json': { schema: Note } } } },
})

const ownRules = { 'Cache-Control': 'max-age=60', 'Content-Security-Policy': "script-src 'self'" }

let service: TinyService
beforeEach(() => {
  service = createTinyService({ bodyBytesMax: 200 })
  service.app.openapi(write, (c) => c.json(c.req.valid('json'), 200))
  service.app.get('/notes/:id', (c) => c.text('a note'))
  service.app.delete('/notes/:id', (c) => c.body(null, 204))
  service.app.get('/healthz', (c) => c.text('ok'))
  service.app.get('/page', (c) => c.text('page', 200, ownRules))
  service.app.get('/broken', () => {
    throw new Error('broken')
  })
})

const good = { to: { name: 'Miller' }, count: 1 }
const post = (body: unknown, headers: Record<string, string> = {}, path = '/notes/1') =>
  service.app.request(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  })

async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  return Problem.parse(await answer.json())
}

test('takes the caller’s X-Request-Id into the answer, the problem and the log', async () => {
  const answer = await service.app.request('/nothing', { headers: { 'X-Request-Id': 'A.b_c-123' } })
  expect(answer.headers.get('X-Request-Id')).toBe('A.b_c-123')
  expect((await problemOf(answer)).requestId).toBe('A.b_c-123')
  expect(service.logged()[0]).toMatchObject({ requestId: 'A.b_c-123' })
})

test.each(['short', 'x'.repeat(129), 'with space', 'semi;colon', '{"json":1}', 'é'.repeat(10)])(
  'makes an X-Request-Id of its own where the caller’s is malformed: %s',
  async (given) => {
    const answer = await service.app.request('/notes/1', { headers: { 'X-Request-Id': given } })
    expect(answer.headers.get('X-Request-Id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)
    expect(service.lines.join('')).not.toContain(given)
  },
)

test('answers 404 to an unknown path', async () => {
  const answer = await service.app.request('/nothing')
  expect(answer.status).toBe(404)
  expect((await problemOf(answer)).code).toBe('not-found')
})

test('answers 404 to a path parameter that can name nothing', async () => {
  expect((await post(good, {}, '/notes/abc')).status).toBe(404)
})

test('answers 405 with Allow where the path knows other methods', async () => {
  const answer = await service.app.request('/notes/1', { method: 'PUT' })
  expect(answer.status).toBe(405)
  expect(answer.headers.get('Allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'POST'])
  expect((await problemOf(answer)).code).toBe('method-not-allowed')
})

test('offers HEAD where it says so', async () => {
  expect((await service.app.request('/notes/1', { method: 'HEAD' })).status).toBe(200)
})

test.each(['/notes/1/more', '/notes', '/notesx1'])('does not take %s for a known path', async (path) => {
  expect((await service.app.request(path, { method: 'PUT' })).status).toBe(404)
})

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/jsonp',
  'application/json;',
  'application/json ; charset=utf-8',
  '',
])('answers 415 to a body that says it is %s', async (type) => {
  const answer = await post(good, { 'Content-Type': type })
  expect(answer.status).toBe(415)
  expect((await problemOf(answer)).code).toBe('unsupported-media-type')
})

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
  'takes a body that says it is %s',
  async (type) => {
    expect((await post(good, { 'Content-Type': type })).status).toBe(200)
  },
)

test('asks no media type of a request without a body', async () => {
  expect((await service.app.request('/notes/1', { method: 'DELETE' })).status).toBe(204)
})

test('answers 413 to a body whose Content-Length is over the limit, before reading it', async () => {
  const answer = await post({ ...good, to: { name: 'x'.repeat(300) } }, { 'Content-Length': '345' })
  expect(answer.status).toBe(413)
  expect((await problemOf(answer)).code).toBe('body-too-large')
})

test('answers 413 to a chunked body as soon as it is over the limit', async () => {
  let chunks = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      chunks += 1
      controller.enqueue(new Uint8Array(100).fill(32))
    },
  })
  const answer = await service.app.request('/notes/1', {
    method: 'POST',
    body: endless,
    headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
  })
  expect(answer.status).toBe(413)
  expect((await problemOf(answer)).code).toBe('body-too-large')
  expect(chunks).toBeLessThan(10)
})

test('takes a chunked body under the limit', async () => {
  const answer = await service.app.request('/notes/1', {
    method: 'POST',
    body: new Blob([JSON.stringify(good)]).stream(),
    headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
  })
  expect(await answer.json()).toEqual(good)
})

test('answers 400 to a body that is not JSON, quoting nothing of it', async () => {
  const answer = await post('{"name":"Miller')
  expect(answer.status).toBe(400)
  expect(JSON.stringify(await problemOf(answer))).not.toContain('Miller')
})

test('answers 422 and names every bad field by its path', async () => {
  const answer = await post({ to: { name: 1 }, count: 'many' })
  expect(answer.status).toBe(422)
  const { code, errors } = await problemOf(answer)
  expect(code).toBe('invalid-request')
  expect(errors?.map(({ path }) => path).sort()).toEqual(['count', 'to.name'])
  const query = await post(good, {}, '/notes/1?limit=many')
  expect((await problemOf(query)).errors?.map(({ path }) => path)).toEqual(['limit'])
})

test('refuses a query parameter that is there twice', async () => {
  const answer = await post(good, {}, '/notes/1?limit=1&limit=2')
  expect(answer.status).toBe(422)
  expect((await problemOf(answer)).errors?.map(({ path }) => path)).toEqual(['limit'])
})

test('a body that names a prototype changes none, and is refused like any unknown field', async () => {
  const hostile = `${JSON.stringify(good).slice(0, -1)},"__proto__":{"admin":true}}`
  const { code, errors } = await problemOf(await post(hostile))
  expect(code).toBe('invalid-request')
  expect(errors?.[0]?.message).toContain('__proto__')
  expect('admin' in {}).toBe(false)
})

test('a refusal’s line says why by the problem’s code', async () => {
  await post({ ...good, count: 'Miller' })
  expect(service.logged()[0]).toMatchObject({ message: 'request', status: 422, code: 'invalid-request' })
})

test('quotes no value of the body in a 422', async () => {
  const answer = await post({ to: { name: 1 }, count: 'Miller' })
  expect(await answer.text()).not.toContain('Miller')
})

test.each(['/notes/1', '/nothing', '/broken'])(
  'sends safe headers and forbids caching with %s',
  async (path) => {
    const { headers } = await service.app.request(path)
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(headers.get('Strict-Transport-Security')).toBe('max-age=63072000; includeSubDomains')
    expect(headers.get('Cache-Control')).toBe('no-store')
    const policy = headers.get('Content-Security-Policy')?.split('; ')
    for (const directive of ['default-src', 'object-src', 'base-uri', 'frame-ancestors'])
      expect(policy).toContain(`${directive} 'none'`)
    expect(headers.get('X-Powered-By')).toBeNull()
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull()
  },
)

test('leaves a route its own caching rule and its own policy', async () => {
  const { headers } = await service.app.request('/page')
  for (const [name, value] of Object.entries(ownRules)) expect(headers.get(name)).toBe(value)
})

test('a route that frames by a rule of its own gets every other safe header all the same', async () => {
  service.app.get('/framed', (c) => c.text('page', 200, { 'X-Frame-Options': 'SAMEORIGIN' }))
  const { headers } = await service.app.request('/framed')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
  expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
})

test('an answer that is made with its headers at once says what c.json says, each time and without the other’s id', async () => {
  service.app.get('/at-once', () => answerJson(good, 200))
  service.app.get('/by-hono', (c) => c.json(good, 200))
  const [first, second, byHono] = [
    await service.app.request('/at-once'),
    await service.app.request('/at-once'),
    await service.app.request('/by-hono'),
  ]
  const said = ({ status, headers }: Response) => ({
    status,
    headers: Object.fromEntries([...headers].filter(([name]) => name !== 'x-request-id')),
  })
  for (const atOnce of [first, second]) {
    expect(said(atOnce)).toEqual(said(byHono))
    expect(await atOnce.json()).toEqual(good)
  }
  expect(first.headers.get('X-Request-Id')).not.toBe(second.headers.get('X-Request-Id'))
})

test('logs one line a request with the route, never the URL, the query or the body', async () => {
  await post(good, {}, '/notes/4711?limit=12345')
  expect(service.lines).toHaveLength(1)
  expect(service.logged()[0]).toMatchObject({
    severity: 'INFO',
    message: 'request',
    method: 'POST',
    route: '/notes/:id',
    status: 200,
  })
  for (const hidden of ['4711', '12345', 'Miller']) expect(service.lines[0]).not.toContain(hidden)
})

test('logs an unknown path without quoting it', async () => {
  await service.app.request('/patients/Miller')
  expect(service.logged()[0]).toMatchObject({ message: 'request', status: 404 })
  expect(service.lines.join('')).not.toContain('Miller')
})

test('logs no line for a good health check, and counts it', async () => {
  await service.app.request('/healthz')
  expect(service.lines).toEqual([])
  const counted = await service.metrics.registry.getSingleMetricAsString('http_request_duration_seconds')
  expect(counted).toContain('_count{service="tiny",method="GET",route="/healthz",status="200"} 1')
})

test('counts by route and status, never by id', async () => {
  await service.app.request('/notes/4711')
  const text = await service.metrics.registry.getSingleMetricAsString('http_request_duration_seconds')
  expect(text).toContain('route="/notes/:id",status="200"')
  expect(text).not.toContain('4711')
})

test('serves the document made from the schemas that validate', async () => {
  serveOpenApi(service.app, { path: '/openapi.json', title: 'tiny', version: '1' })
  const document = await (await service.app.request('/openapi.json')).json()
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'tiny', version: '1' },
    paths: { '/notes/{id}': { post: { responses: { 200: {} } } } },
    components: {
      securitySchemes: { session: { scheme: 'bearer' }, cookie: { in: 'cookie', name: '__Host-session' } },
    },
  })
})
