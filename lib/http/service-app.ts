import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type Logger, withFields } from '#lib/observability/logger.ts'
import type { Metrics } from '#lib/observability/metrics.ts'
import { answerError } from './answer-error.ts'
import { setAnswerHeaders } from './answer-headers.ts'
import { DomainError } from './domain-error.ts'
import { createRequestId } from './request-id.ts'
import { requestLog } from './request-log.ts'
import type { ServiceEnv } from './service-env.ts'
import { unmatched } from './unmatched.ts'

export interface ServiceAppDeps {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly bodyBytesMax: number
  /** Where a body is a form, because a standard says so, and not JSON. */
  readonly formPaths?: readonly string[]
}

/** Every service's ground: request id, log line, safe headers, body limits, problem details. Routes come on top. */
export function createServiceApp(deps: ServiceAppDeps): OpenAPIHono<ServiceEnv> {
  const app = new OpenAPIHono<ServiceEnv>({
    defaultHook: (result, c) => {
      if (result.success) return
      if (result.target === 'param') return nothingThere(c)
      throw new DomainError('invalid-request', {
        errors: result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
      })
    },
  })

  const nothingThere = unmatched(app)

  app.use(frame(deps))
  app.on(bodied, '*', acceptBody(deps))
  app.onError(answerError)
  app.notFound(nothingThere)
  return app
}

/** Around every request: its id, its log, its one line and figure, and the headers of its answer. One middleware: each costs. */
function frame({ logger, metrics }: ServiceAppDeps): MiddlewareHandler<ServiceEnv> {
  const logRequest = requestLog(metrics)
  return async (c, next) => {
    const startedAt = performance.now()
    const id = requestIdOf(c.req.header('X-Request-Id'))
    c.set('requestId', id)
    c.set('log', withFields(logger, { requestId: id }))
    await next()
    logRequest(c, performance.now() - startedAt)
    setAnswerHeaders(c.res, id)
  }
}

/** The caller's X-Request-Id where it is well formed, else one of ours; it is in every answer and log line. */
const requestIdOf = (given: string | undefined): string =>
  given !== undefined && /^[A-Za-z0-9._-]{8,128}$/.test(given) ? given : createRequestId()

/** No others: each layer around a request costs, and most read. */
const bodied = ['POST', 'PUT', 'PATCH', 'DELETE']

/** A body must say that it is JSON (a form is what a foreign page can send without being asked), and be small. */
function acceptBody({ formPaths = [], bodyBytesMax }: ServiceAppDeps): MiddlewareHandler<ServiceEnv> {
  const limit = bodyLimit({
    maxSize: bodyBytesMax,
    onError: () => {
      throw new DomainError('body-too-large')
    },
  })
  return (c, next) => {
    if (c.req.raw.body === null) return next()
    const wanted = formPaths.includes(c.req.path)
      ? /^application\/x-www-form-urlencoded *(;|$)/i
      : /^application\/json *(;|$)/i
    if (!wanted.test(c.req.header('Content-Type') ?? '')) throw new DomainError('unsupported-media-type')
    return limit(c, next)
  }
}
