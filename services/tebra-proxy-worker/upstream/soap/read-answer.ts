import { checkResult } from '../check-result.ts'
import type { UpstreamFailure } from '../error-classes.ts'
import { httpFailure } from '../http-failure.ts'
import type { WireAnswer } from '../post.ts'
import { type Row, rowIn, textIn } from '../rows.ts'
import { UpstreamError } from '../upstream-error.ts'
import { readXml } from './read-xml.ts'

const faults: Readonly<Record<string, UpstreamFailure>> = {
  InternalServiceFault: 'internal-service-fault',
  ActionNotSupported: 'operation-not-supported',
  DeserializationFailed: 'deserialization-failed',
}

function faultFailure(operation: string, fault: Row): UpstreamError {
  const code = textIn(fault, 'faultcode')?.split(':').at(-1) ?? ''
  return new UpstreamError(faults[code] ?? 'unknown-fault', { operation })
}

/**
 * The `<OpResult>` of an answer, checked in the vendor's order: HTTP 500 with a fault, IsError, SecurityResponse, and
 * only then the payload. Errors come inside HTTP 200 (Tebra technical guide, April 2025).
 */
export function readAnswer(answer: WireAnswer): Row {
  const { operation, status } = answer
  const readable = status === 200 || status >= 500
  const body = readable ? rowIn(rowIn(readXml(answer.text), 'Envelope'), 'Body') : undefined
  const fault = rowIn(body, 'Fault')
  if (fault) throw faultFailure(operation, fault)
  if (status !== 200) throw httpFailure(answer)
  const result = rowIn(rowIn(body, `${operation}Response`), `${operation}Result`)
  if (!result) throw new UpstreamError('malformed-answer', { operation })
  checkResult(operation, result)
  return result
}
