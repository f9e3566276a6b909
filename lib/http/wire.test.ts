import { connect } from 'node:net'
import { createRoute, z } from '@hono/zod-openapi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenOptions } from './listen-options.ts'
import { createTinyService, type TinyService } from './testing/tiny-service.ts'

const echo = createRoute({
  method: 'post',
  path: '/echo',
  request: {
    body: { required: true, content: { 'application/json': { schema: z.strictObject({ n: z.int() }) } } },
  },
  responses: { 200: { description: 'Taken' } },
})

let service: TinyService
let server: ReturnType<typeof Bun.serve>
const asked: string[] = []

beforeAll(() => {
  service = createTinyService({ bodyBytesMax: 64 * 1024 })
  service.app.openapi(echo, (c) => c.body(null, 200))
  service.app.get('/smuggled', (c) => c.text('smuggled'))
  server = Bun.serve({
    ...listenOptions,
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      asked.push(new URL(request.url).pathname)
      return service.app.fetch(request)
    },
  })
})
afterAll(() => server.stop(true))

/** What comes back for these very bytes, until the server closes or says nothing more. */
function send(bytes: string): Promise<string> {
  asked.length = 0
  return new Promise((resolve, reject) => {
    const socket = connect(server.port ?? 0, '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    socket.setTimeout(300, () => socket.destroy())
    socket.on('data', (part) => {
      answer += part.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

const json = 'Host: clinic.example\r\nContent-Type: application/json\r\n'
const post = (headers: string, body: string) => `POST /echo HTTP/1.1\r\n${json}${headers}\r\n\r\n${body}`
const chunked = 'Transfer-Encoding: chunked'
const hidden = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: clinic.example\r\n\r\n'

test('takes what is well formed, so that the refusals below mean something', async () => {
  expect(await send(post('Content-Length: 7', '{"n":1}'))).toMatch(/^HTTP\/1\.1 200 /)
  expect(await send(post(chunked, '7\r\n{"n":1}\r\n0\r\n\r\n'))).toMatch(/^HTTP\/1\.1 200 /)
})

test.each([
  ['both a length and chunks', post(`Content-Length: 5\r\n${chunked}`, hidden)],
  ['two lengths', post('Content-Length: 5\r\nContent-Length: 60', hidden)],
  ['a list of lengths', post('Content-Length: 5, 60', hidden)],
  ['a signed length', post('Content-Length: +7', '{"n":1}')],
  ['a transfer coding that only looks like chunked', post('Transfer-Encoding: xchunked', hidden)],
  ['two transfer codings', post(`${chunked}\r\nTransfer-Encoding: identity`, hidden)],
  ['a space before the colon', post('Transfer-Encoding : chunked', hidden)],
  ['a chunk without its end', post(chunked, `7\r\n{"n":1}XX${hidden}`)],
  ['a chunk size beyond all numbers', post(chunked, `ffffffffffffffffff\r\n${hidden}`)],
  ['a folded header', post('X-Folded: a\r\n b', '')],
  ['a line feed alone in a header', post('X-Request-Id: a\nX-Injected: b', '')],
  ['a carriage return alone in a header', post('X-Request-Id: a\rX-Injected: b', '')],
  ['a NUL in a header', post('X-Request-Id: a\0b', '')],
  ['no Host', 'GET /smuggled HTTP/1.1\r\n\r\n'],
])('a request with %s is refused, and nothing that hides behind it is served', async (_, bytes) => {
  expect(await send(bytes)).toMatch(/^HTTP\/1\.1 400 /)
  expect(asked).not.toContain('/smuggled')
})

test.each([
  ['one of 20 KB', `X-Long: ${'a'.repeat(20_000)}`],
  ['300 of them', Array.from({ length: 300 }, (_, n) => `X-${n}: a`).join('\r\n')],
])('headers are bounded: %s end the connection', async (_, headers) => {
  expect(await send(post(headers, ''))).toMatch(/^HTTP\/1\.1 431 /)
  expect(asked).toEqual([])
})

test('a body that no route would take is refused by its length, before any of it is held', async () => {
  expect(await send(post('Content-Length: 2000000', '{'))).toMatch(/^HTTP\/1\.1 413 /)
  expect(asked).toEqual([])
})

test.each(['TRACE', 'CONNECT', 'PROPFIND'])('%s is no method of ours', async (method) => {
  const answer = await send(`${method} /smuggled HTTP/1.1\r\nHost: clinic.example\r\nX-Secret: 4711\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 40[45] /)
  expect(answer).not.toContain('4711')
})

test('a body nested as deep as it may be long is refused, and the service goes on', async () => {
  const deep = `{"n":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
  expect(await send(post(`Content-Length: ${deep.length}`, deep))).toMatch(/^HTTP\/1\.1 422 /)
  expect(await send(post('Content-Length: 7', '{"n":1}'))).toMatch(/^HTTP\/1\.1 200 /)
})
