import { credentialsFor } from '../open-session.ts'
import { post } from '../post.ts'
import type { Row } from '../rows.ts'
import type { CallContext, TebraCredentials, UpstreamDeps } from '../upstream.ts'
import { buildRequest, soapAction } from './build-request.ts'
import { readAnswer } from './read-answer.ts'
import type { Members } from './write-xml.ts'

/** One practice's way to the SOAP service for the length of one action. */
export interface SoapSession {
  readonly credentials: TebraCredentials
  readonly now: () => number
  /** Awaits the limiter, sends one operation and gives its checked result. */
  call(operation: string, members?: Members): Promise<Row>
}

export async function openSoapSession(
  deps: UpstreamDeps,
  context: CallContext,
  action: string,
): Promise<SoapSession> {
  const credentials = await credentialsFor(deps, context, action)
  return {
    credentials,
    now: () => deps.clock.now(),
    async call(operation, members = {}) {
      await deps.admit(operation, context)
      const answer = await post(deps, {
        operation,
        headers: {
          'content-type': 'text/xml; charset=utf-8',
          soapaction: soapAction(operation),
          'x-correlation-id': context.correlationId,
        },
        body: buildRequest(operation, members, credentials),
        signal: context.signal,
      })
      return readAnswer(answer)
    },
  }
}

/** A list request: `Fields` empty for all of them, and always a `Filter`, for without one the service fails (observed live). */
export const listOf = (filter: Members = {}): Members => ({ Fields: {}, Filter: filter })
