import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { type Problem, problems } from '#lib/contract/problem.ts'
import { isRedisUnavailable } from '#lib/redis/unavailable.ts'
import { DomainError } from './domain-error.ts'
import type { ServiceEnv } from './service-env.ts'

/** The one `onError`: whatever was thrown becomes RFC 9457 problem details; a 5xx never carries an inner message. */
export function answerError(error: unknown, c: Context<ServiceEnv>): Response {
  const known = asDomainError(error)
  // The request's own line tells it too, so that refused attempts can be counted.
  c.var.log.add({ code: known.code })
  if (known.status >= 500) c.var.log.error({ err: error }, 'request failed')
  return problemResponse(known, c.var.requestId)
}

export function problemResponse(error: DomainError, requestId: string): Response {
  const [status, title] = problems[error.code]
  const { detail, errors, retryAfterSeconds, challengeId, methods, needs, headers } = error.details
  const body: Problem = {
    type: `urn:problem:${error.code}`,
    title,
    status,
    code: error.code,
    requestId,
    ...(detail !== undefined && { detail }),
    ...(errors && { errors: [...errors] }),
    ...(challengeId !== undefined && { challengeId }),
    ...(methods && { methods: [...methods] }),
    ...(needs && { needs }),
  }
  const retryAfter = retryAfterSeconds ?? (status === 503 ? 2 : undefined)
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
      // RFC 9110 §11.6.1 asks for the scheme with every 401.
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
      ...headers,
    },
  })
}

function asDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  if (isRedisUnavailable(error)) return new DomainError('redis-unavailable', { cause: error })
  // Hono's validator throws this for a body that is not JSON.
  if (error instanceof HTTPException && error.status === 400)
    return new DomainError('malformed-body', { cause: error })
  // And this for a media type that says more than it may, such as `application/json;`.
  if (error instanceof HTTPException && error.status === 415)
    return new DomainError('unsupported-media-type', { cause: error })
  return new DomainError('internal', { cause: error })
}
