import { checkResult, messageFailure } from '../check-result.ts'
import type { UpstreamFailure } from '../error-classes.ts'
import { httpFailure } from '../http-failure.ts'
import type { WireAnswer } from '../post.ts'
import { isRow, type Row, rowIn, textIn } from '../rows.ts'
import { UpstreamError } from '../upstream-error.ts'

/** The `type` of an error reply (the PHP API's source). A soap_fault is whatever went wrong between it and Tebra. */
const reasons: Readonly<Record<string, UpstreamFailure>> = {
  validation_error: 'request-refused',
  json_error: 'request-refused',
  method_error: 'request-refused',
  authentication_error: 'wrong-credentials',
  soap_fault: 'internal-service-fault',
  configuration_error: 'upstream-misconfigured',
  internal_error: 'server-error',
}

// Success replies carry no JSON content type, so the body alone tells; an outage answers a bare, non-JSON 500.
function readJson(text: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRow(value) ? value : undefined
  } catch {
    return undefined
  }
}

const refused = /authenticat|credential|unauthori[sz]ed|not authori[sz]ed/i

/** The error of a reply that says `success:false`, outside or inside. */
function replyFailure(operation: string, reply: Row): UpstreamError {
  const message = textIn(reply, 'error') ?? textIn(reply, 'message') ?? ''
  const stated = messageFailure(operation, message)
  if (stated.reason === 'throttled') return stated
  const reason = reasons[textIn(reply, 'type') ?? '']
  if (reason !== undefined) return new UpstreamError(reason, { operation })
  return refused.test(message) ? new UpstreamError('wrong-credentials', { operation }) : stated
}

/** Only some actions wrap their result in `<Operation>Result`. */
const unwrap = (operation: string, data: unknown): unknown =>
  isRow(data) ? (rowIn(data, `${operation}Result`) ?? data) : data

/**
 * What a reply holds, checked from the outside in: HTTP, outer `success`, inner `data.success`, then ErrorResponse and
 * SecurityResponse. HTTP 200 and an outer success can wrap throttling and refused credentials (observed live).
 */
export function readReply(answer: WireAnswer): unknown {
  const { operation, status } = answer
  const reply = readJson(answer.text)
  if (reply?.success === false) {
    const failure = replyFailure(operation, reply)
    // Behind an unknown type, the status says more than the message.
    throw failure.reason === 'request-refused' && status >= 500 ? httpFailure(answer) : failure
  }
  if (status !== 200) throw httpFailure(answer)
  if (reply?.success !== true) throw new UpstreamError('malformed-answer', { operation })
  const inner = rowIn(reply, 'data')
  if (inner?.success === false) throw replyFailure(operation, inner)
  const result = unwrap(operation, reply.data)
  if (isRow(result) && ('ErrorResponse' in result || 'SecurityResponse' in result)) {
    checkResult(operation, result)
  }
  return result
}
