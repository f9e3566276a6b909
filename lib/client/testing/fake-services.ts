import type { ResponseEvent, StatusEvent } from '#lib/contract/events.ts'
import { type ProblemCode, problems } from '#lib/contract/problem.ts'
import type { RequestRecord } from '#lib/contract/requests.ts'

/** One stream a client has opened, in the hands of the test. */
export interface FakeStream {
  readonly lastEventId: string | null
  readonly url: URL
  readonly isClosed: boolean
  send(text: string): void
  /** Breaks the connection off without the end of the body. */
  cut(): void
  end(): void
}

export interface FakeSubmission {
  readonly action: string
  readonly params: unknown
  readonly correlationId: string
  readonly key: string | null
  readonly headers: Headers
}

type Handler = (request: Request) => Response | Promise<Response>

export const aRequestId = '0199c1f0-0000-7000-8000-000000000001'
const instant = '2026-11-20T15:04:05.123Z'
const keepAlive = new TextEncoder().encode(': keep-alive\n\n')

export function problemAnswer(
  code: ProblemCode,
  more: object = {},
  headers: Record<string, string> = {},
): Response {
  const [status, title] = problems[code]
  const body = { type: `urn:problem:${code}`, title, status, code, requestId: 'r', ...more }
  return Response.json(body, { status, headers: { ...headers, 'content-type': 'application/problem+json' } })
}

export const acceptedAnswer = (correlationId: string): Response =>
  Response.json(
    { id: aRequestId, correlationId, status: 'pending', links: { self: '/self', events: '/events' } },
    { status: 202 },
  )

/** An answer whose body breaks off: the work was done, and the caller never hears of it. */
export function lostAnswer(): Response {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(keepAlive)
      await Bun.sleep(5)
      controller.error(new Error('cut'))
    },
  })
  return new Response(body, { status: 202, headers: { 'content-type': 'application/json' } })
}

export function aRecord(more: Partial<RequestRecord>): RequestRecord {
  return {
    id: aRequestId,
    action: 'getProviders',
    practiceId: 'demo',
    userId: aRequestId,
    correlationId: aRequestId,
    status: 'processing',
    attempts: 1,
    submittedAt: instant,
    timeline: [{ status: 'pending', at: instant }],
    ...more,
  }
}

export const statusFrame = (
  correlationId: string,
  status: StatusEvent['status'],
  id = '1-0',
  attempt = 1,
): string => {
  const data = {
    requestId: aRequestId,
    correlationId,
    action: 'getProviders',
    status,
    attempt,
    timestamp: instant,
  }
  return frame('tebra:status', id, data)
}

export const responseFrame = (correlationId: string, more: Partial<ResponseEvent>, id = '2-0'): string =>
  frame('tebra:responses', id, {
    requestId: aRequestId,
    correlationId,
    action: 'getProviders',
    status: 'success',
    timestamp: instant,
    duration: 12,
    ...more,
  })

function frame(stream: string, id: string, data: object): string {
  return `id: ${id}\nevent: ${stream}\ndata: ${JSON.stringify({ stream, id, data })}\n\n`
}

/** A server with real sockets that answers the client's routes as the test says. */
export function startFakeServices() {
  const streams: FakeStream[] = []
  const submissions: FakeSubmission[] = []
  const reads: URL[] = []
  /** Answers in place of a stream, used up one by one. */
  const refusals: (() => Response)[] = []
  const on = {
    stream: (stream: FakeStream): void => stream.send('event: ready\ndata: {"streams":[]}\n\n'),
    submit: (submission: FakeSubmission): Response | Promise<Response> =>
      acceptedAnswer(submission.correlationId),
    read: (_url: URL): Response | Promise<Response> => Response.json(aRecord({})),
    other: ((_request) => problemAnswer('not-found')) as Handler,
  }

  function openStream(request: Request): Response {
    const refuse = refusals.shift()
    if (refuse) return refuse()
    let isClosed = false
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const stream: FakeStream = {
          url: new URL(request.url),
          lastEventId: request.headers.get('last-event-id'),
          get isClosed() {
            return isClosed
          },
          send: (text) => controller.enqueue(new TextEncoder().encode(text)),
          cut: () => controller.error(new Error('cut')),
          end: () => controller.close(),
        }
        controller.enqueue(keepAlive)
        streams.push(stream)
        on.stream(stream)
      },
      cancel() {
        isClosed = true
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
  }

  const server = Bun.serve({
    port: 0,
    idleTimeout: 60,
    development: false,
    // A connection cut on purpose is no news.
    error: () => new Response(null, { status: 500 }),
    async fetch(request) {
      const url = new URL(request.url)
      if (url.pathname === '/events') return openStream(request)
      if (url.pathname === '/tebra/requests') {
        const body = (await request.json()) as Omit<FakeSubmission, 'key' | 'headers'>
        const submission = { ...body, key: request.headers.get('idempotency-key'), headers: request.headers }
        submissions.push(submission)
        return on.submit(submission)
      }
      if (url.pathname.startsWith('/tebra/requests/')) {
        reads.push(url)
        return on.read(url)
      }
      return on.other(request)
    },
  })

  return {
    url: `http://localhost:${server.port}`,
    streams,
    submissions,
    reads,
    refusals,
    on,
    stop: () => server.stop(true),
  }
}
export type FakeServices = ReturnType<typeof startFakeServices>

/** Surroundings the test moves: network and visibility by hand, time for real. */
export function startEnvironment() {
  const listeners = new Set<() => void>()
  const reported: unknown[] = []
  let online = true
  let visible = true
  const change = () => {
    for (const listener of [...listeners]) listener()
  }
  return {
    reported,
    listeners,
    isOnline: () => online,
    isVisible: () => visible,
    setOnline(value: boolean) {
      online = value
      change()
    },
    setVisible(value: boolean) {
      visible = value
      change()
    },
    onChange(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    now: () => Date.now(),
    after(ms: number, callback: () => void) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    random: () => 0.5,
    report: (error: unknown) => reported.push(error),
  }
}
