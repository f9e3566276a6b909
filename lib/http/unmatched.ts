import type { Hono, NotFoundHandler } from 'hono'
import { problemResponse } from './answer-error.ts'
import { DomainError } from './domain-error.ts'
import type { ServiceEnv } from './service-env.ts'

/** For a path without an answer: 405 with `Allow` where another method is offered on the path (RFC 9110 §15.5.6), else 404. */
export function unmatched(app: Pick<Hono<ServiceEnv>, 'routes'>): NotFoundHandler<ServiceEnv> {
  return (c) => {
    const matching = app.routes.filter(
      ({ method, path }) => method !== 'ALL' && path !== '/*' && pattern(path).test(c.req.path),
    )
    // `/things/requeue` is a resource of its own, although `/things/:id` would match it too.
    const literal = matching.filter(({ path }) => path === c.req.path)
    const allowed = new Set(
      (literal.length > 0 ? literal : matching).flatMap(({ method }) =>
        method === 'GET' ? ['GET', 'HEAD'] : [method],
      ),
    )
    // Offered, and yet nothing there: an id that cannot be one.
    if (allowed.size === 0 || allowed.has(c.req.method))
      return problemResponse(new DomainError('not-found'), c.var.requestId)
    const allow = [...allowed].join(', ')
    return problemResponse(
      new DomainError('method-not-allowed', { headers: { Allow: allow } }),
      c.var.requestId,
    )
  }
}

const pattern = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/[.+?^$()|[\]\\]/g, '\\$&')
      .replace(/:[A-Za-z]+(\{[^}]*\})?/g, '[^/]+')
      .replace(/\*/g, '.*')}$`,
  )
