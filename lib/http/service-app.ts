import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { v7 as uuidv7 } from 'uuid'
import { type Logger, withFields } from '#lib/observability/logger.ts'
import type { Metrics } from '#lib/observability/metrics.ts'
import { answerError } from './answer-error.ts'
import { DomainError } from './domain-error.ts'
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

  app.use(requestId(deps.logger))
  app.use(requestLog(deps.metrics))
  app.use(
    secureHeaders({
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      strictTransportSecurity: 'max-age=63072000; includeSubDomains',
    }),
  )
  app.use(closedByDefault)
  app.use(jsonOnly(deps.formPaths ?? []))
  app.use(
    bodyLimit({
      maxSize: deps.bodyBytesMax,
      onError: () => {
        throw new DomainError('body-too-large')
      },
    }),
  )
  app.onError(answerError)
  app.notFound(nothingThere)
  return app
}

/** Takes the caller's X-Request-Id where it is well formed, else makes one; it is in every answer and log line. */
const requestId =
  (logger: Logger): MiddlewareHandler<ServiceEnv> =>
  async (c, next) => {
    const given = c.req.header('X-Request-Id')
    const id = given !== undefined && /^[A-Za-z0-9._-]{8,128}$/.test(given) ? given : uuidv7()
    c.set('requestId', id)
    c.set('log', withFields(logger, { requestId: id }))
    await next()
    c.header('X-Request-Id', id)
  }

/** Of an answer that is no page: nobody keeps it, it loads and runs nothing, and no site frames it. */
const closed = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const

/** What a route says for itself stands; a page brings its own policy. */
const closedByDefault: MiddlewareHandler = async (c, next) => {
  await next()
  const { headers } = c.res
  // Set on the answer that is there: c.header would wrap it, and a stream's body with it, anew.
  for (const [name, value] of Object.entries(closed)) if (!headers.has(name)) headers.set(name, value)
}

/** A body must say that it is JSON; a form is what a foreign page can send without being asked. */
const jsonOnly =
  (formPaths: readonly string[]): MiddlewareHandler =>
  async (c, next) => {
    const hasBody = c.req.raw.body !== null && !['GET', 'HEAD'].includes(c.req.method)
    const type = c.req.header('Content-Type') ?? ''
    const wanted = formPaths.includes(c.req.path)
      ? /^application\/x-www-form-urlencoded *(;|$)/i
      : /^application\/json *(;|$)/i
    if (hasBody && !wanted.test(type)) throw new DomainError('unsupported-media-type')
    await next()
  }
