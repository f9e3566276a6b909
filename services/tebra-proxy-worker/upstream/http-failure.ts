import type { UpstreamFailure } from './error-classes.ts'
import type { WireAnswer } from './post.ts'
import { UpstreamError } from './upstream-error.ts'

const reasons: Readonly<Record<number, UpstreamFailure>> = {
  401: 'wrong-credentials',
  403: 'not-authorized',
  408: 'timed-out',
  429: 'throttled',
}

/** The error behind an HTTP status alone; `retry-after` is read in whole seconds, as proxies write it. */
export function httpFailure({ operation, status, headers }: WireAnswer): UpstreamError {
  const reason = reasons[status] ?? (status >= 500 ? 'server-error' : 'request-refused')
  const seconds = headers.get('retry-after')?.trim() ?? ''
  const retryAfterMs = /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined
  return new UpstreamError(reason, { operation, detail: `HTTP ${status}`, retryAfterMs })
}
