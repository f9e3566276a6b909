import { isTrueIn, type Row, rowIn, textIn } from './rows.ts'
import { UpstreamError } from './upstream-error.ts'

const throttledText = /^\s*429\b/
const intervalText = /interval\s+(\d{1,7})\s+milliseconds/i

/** The error behind an upstream's own message; only its class and a number are kept of the text. */
export function messageFailure(operation: string, message: string): UpstreamError {
  if (throttledText.test(message)) {
    const interval = intervalText.exec(message)?.[1]
    return new UpstreamError('throttled', {
      operation,
      throttledMs: interval === undefined ? undefined : Number(interval),
    })
  }
  return new UpstreamError(
    /\b(not found|does not exist)\b/i.test(message) ? 'not-found' : 'request-refused',
    {
      operation,
    },
  )
}

const denied = (security: Row | undefined, name: string): boolean =>
  textIn(security, name)?.toLowerCase() === 'false'

/**
 * Refuses a result that carries an error or refused credentials: both come inside HTTP 200, and refused credentials
 * with an empty payload look like an empty day (observed live). `SecurityResultSuccess` contradicts its own name and
 * is not read; a result that says nothing of security is not believed.
 */
export function checkResult(operation: string, result: Row): void {
  const error = rowIn(result, 'ErrorResponse')
  const security = rowIn(result, 'SecurityResponse')
  const failed = isTrueIn(error, 'IsError')
  const message = textIn(error, 'ErrorMessage') ?? ''
  if (failed && throttledText.test(message)) throw messageFailure(operation, message)
  if (denied(security, 'Authenticated') || denied(security, 'CustomerKeyValid')) {
    throw new UpstreamError('wrong-credentials', { operation })
  }
  if (denied(security, 'Authorized')) throw new UpstreamError('not-authorized', { operation })
  if (failed) throw messageFailure(operation, message)
  if (!isTrueIn(security, 'Authenticated')) {
    throw new UpstreamError('malformed-answer', { operation, detail: 'no SecurityResponse' })
  }
}
