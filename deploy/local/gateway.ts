import { z } from 'zod'
import { readConfig } from '#lib/config/read-config.ts'
import { endOnSignals, startOrExplain } from '#lib/lifecycle/run-service.ts'
import { createLogger } from '#lib/observability/logger.ts'
import { type ServiceName, serviceOf } from './path-table.ts'

/** One origin for the browser on one machine; in production the load balancer does this. Each URL may list several instances. */
const Urls = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(z.url()).min(1))
const GatewayConfig = z.object({
  PORT: z.coerce.number(),
  AUTH_SESSION_URL: Urls,
  TEBRA_PROXY_WORKER_URL: Urls,
  STREAM_SSE_URL: Urls,
})

/** RFC 9110 §7.6.1: these concern one connection and are not passed on. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
const idleSeconds = 60

await startOrExplain(process, async () => {
  const config = readConfig(GatewayConfig, process.env)
  const logger = createLogger({ service: 'gateway', version: 'local', level: 'info' })
  const targets: Readonly<Record<ServiceName, readonly string[]>> = {
    'auth-session': config.AUTH_SESSION_URL,
    'tebra-proxy-worker': config.TEBRA_PROXY_WORKER_URL,
    'stream-sse': config.STREAM_SSE_URL,
  }

  const forward = async (request: Request, target: string, address: string): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const headers = new Headers(request.headers)
    for (const name of hopByHop) headers.delete(name)
    const before = headers.get('X-Forwarded-For')
    headers.set('X-Forwarded-For', before === null ? address : `${before}, ${address}`)
    headers.set('X-Forwarded-Proto', 'http')
    try {
      const answer = await fetch(target + pathname + search, {
        method: request.method,
        headers,
        body: request.body,
        redirect: 'manual',
        decompress: false,
        signal: request.signal,
      })
      return new Response(answer.body, { status: answer.status, headers: answer.headers })
    } catch (error) {
      if (!request.signal.aborted) logger.warn({ err: error, target }, 'service does not answer')
      return new Response(null, { status: 502 })
    }
  }

  let turn = 0
  /** The instances take turns; one that is away or shutting down is passed over, where the request has no body to lose. */
  const forwardToOne = async (request: Request, instances: readonly string[], address: string) => {
    turn += 1
    const tries = request.body === null ? instances.length : 1
    for (let attempt = 0; ; attempt += 1) {
      const answer = await forward(request, instances[(turn + attempt) % instances.length] ?? '', address)
      if (attempt + 1 >= tries || (answer.status !== 502 && answer.status !== 503)) return answer
      await answer.body?.cancel()
    }
  }

  const server = Bun.serve({
    port: config.PORT,
    idleTimeout: idleSeconds,
    fetch(request, self) {
      const { pathname } = new URL(request.url)
      if (pathname === '/') return new Response(null, { status: 302, headers: { Location: '/console/' } })
      const service = serviceOf(pathname)
      if (!service) return new Response(null, { status: 404 })
      return forwardToOne(request, targets[service], self.requestIP(request)?.address ?? '')
    },
  })
  logger.info({ port: server.port }, 'listening')
  endOnSignals({ signals: process, logger, drain: () => server.stop(true) })
})
