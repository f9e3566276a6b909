import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetadataTokens } from '#lib/crypto/metadata-token.ts'
import { SinkError } from './checkpoint-sink.ts'
import { createStorageSink } from './storage-sink.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: Record<string, string>
  readonly authorization: string | null
  readonly body: string
}

/** Cloud Storage's JSON API and the metadata server, as far as the sink needs them, on this machine. */
function startGoogle() {
  const objects = new Map<string, string>()
  const asked: Asked[] = []
  /** Answers that are given instead, one after the other. */
  const instead: (Response | (() => Promise<Response>))[] = []
  let tokens = 0

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    if (url.pathname === '/computeMetadata/v1/instance/service-accounts/default/token') {
      if (request.headers.get('Metadata-Flavor') !== 'Google') return new Response('', { status: 403 })
      tokens += 1
      const body = { access_token: `token-${tokens}`, expires_in: 3_600, token_type: 'Bearer' }
      return Response.json(body, { headers: { 'Metadata-Flavor': 'Google' } })
    }
    const query = Object.fromEntries(url.searchParams)
    const body = await request.text()
    const authorization = request.headers.get('Authorization')
    asked.push({ method: request.method, path: url.pathname, query, authorization, body })
    const other = instead.shift()
    if (other) return typeof other === 'function' ? other() : other

    if (request.method === 'POST' && url.pathname === '/upload/storage/v1/b/clinic-audit/o') {
      const name = query.name ?? ''
      if (query.ifGenerationMatch === '0' && objects.has(name)) return new Response('', { status: 412 })
      objects.set(name, body)
      return Response.json({ name })
    }
    if (url.pathname === '/storage/v1/b/clinic-audit/o') {
      const all = [...objects.keys()].filter((name) => name.startsWith(query.prefix ?? '')).sort()
      const from = Number(query.pageToken ?? 0)
      const more = all.length > from + 2 ? { nextPageToken: String(from + 2) } : {}
      return Response.json({ items: all.slice(from, from + 2).map((name) => ({ name })), ...more })
    }
    const name = decodeURIComponent(url.pathname.replace('/storage/v1/b/clinic-audit/o/', ''))
    const text = objects.get(name)
    return text === undefined ? new Response('', { status: 404 }) : new Response(text)
  }
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
  const origin = `http://127.0.0.1:${server.port}`
  return { objects, asked, instead, origin, stop: () => server.stop(true) }
}

let google: ReturnType<typeof startGoogle>
beforeAll(() => {
  google = startGoogle()
})
afterAll(() => google.stop())
beforeEach(() => {
  google.objects.clear()
  google.asked.length = 0
  google.instead.length = 0
})

const open = (prefix = 'main/') =>
  createStorageSink({
    bucket: 'clinic-audit',
    prefix,
    tokens: createMetadataTokens({ fetch, now: Date.now, origin: google.origin }),
    fetch,
    origin: google.origin,
    backOffMs: () => 1,
  })

test('inserts an object only where there is none, with the service account’s token', async () => {
  const sink = open()
  expect(await sink.create('north/checkpoints/1.jws', 'text')).toBe('created')
  expect(google.asked).toEqual([
    {
      method: 'POST',
      path: '/upload/storage/v1/b/clinic-audit/o',
      query: { uploadType: 'media', name: 'main/north/checkpoints/1.jws', ifGenerationMatch: '0' },
      authorization: 'Bearer token-1',
      body: 'text',
    },
  ])
  expect(await sink.create('north/checkpoints/1.jws', 'other')).toBe('exists')
  expect(await sink.read('north/checkpoints/1.jws')).toBe('text')
})

test('reads what is there and tells what is not', async () => {
  const sink = open('')
  await sink.create('north/entries/ä b.ndjson', 'x')
  expect(await sink.read('north/entries/ä b.ndjson')).toBe('x')
  expect(await sink.read('north/nothing')).toBeUndefined()
  expect(google.asked.at(-1)).toMatchObject({ method: 'GET', query: { alt: 'media' } })
})

test('lists all pages in order, under its prefix and without it', async () => {
  const sink = open()
  for (const name of ['b/3', 'b/1', 'b/2', 'a/1']) await sink.create(name, 'x')
  google.objects.set('elsewhere/b/4', 'x')
  expect(await sink.list('b/')).toEqual(['b/1', 'b/2', 'b/3'])
  expect(await sink.list('c/')).toEqual([])
})

test.each([429, 500, 503])('sends again after %i, and the object stands once', async (status) => {
  google.instead.push(new Response('', { status }), new Response('', { status }))
  expect(await open().create('a', 'x')).toBe('created')
  expect(google.asked).toHaveLength(3)
})

test('says that the object exists where it was stored and only the answer was lost', async () => {
  google.instead.push(async () => {
    google.objects.set('main/a', 'x')
    return new Response('', { status: 502 })
  })
  expect(await open().create('a', 'x')).toBe('exists')
})

test('asks for another token where one was refused', async () => {
  google.instead.push(new Response('', { status: 401 }))
  expect(await open().create('a', 'x')).toBe('created')
  const [first, second] = google.asked.map(({ authorization }) => authorization)
  expect(second).not.toBe(first)
})

test.each([
  ['refused', () => google.instead.push(new Response('', { status: 403 }))],
  ['away', () => google.instead.push(...Array.from({ length: 4 }, () => new Response('', { status: 503 })))],
  [
    'somewhere else',
    () =>
      google.instead.push(
        ...Array.from({ length: 4 }, () => Response.redirect('http://127.0.0.1:1/elsewhere', 302)),
      ),
  ],
])('fails, and does not call an object created, where the bucket is %s', async (_, prepare) => {
  prepare()
  await expect(open().create('a', 'x')).rejects.toThrow(SinkError)
  google.instead.length = 0
})

test.each(['read', 'list'] as const)('%s fails where the bucket refuses', async (verb) => {
  google.instead.push(new Response('', { status: 403 }))
  await expect(open()[verb]('a')).rejects.toThrow(SinkError)
})
