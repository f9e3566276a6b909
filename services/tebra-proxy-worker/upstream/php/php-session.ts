import { credentialsFor } from '../open-session.ts'
import { post } from '../post.ts'
import type { CallContext, TebraCredentials, UpstreamDeps } from '../upstream.ts'
import { readReply } from './read-reply.ts'

/** The PHP API's actions that work, and the Tebra operation behind each: the limits are of the account, not of the form. */
const operations = {
  getAppointments: 'GetAppointments',
  getProviders: 'GetProviders',
  getPatient: 'GetPatient',
  searchPatients: 'GetPatients',
  testConnection: 'GetPractices',
} as const

export type PhpAction = keyof typeof operations

/** One practice's way to the PHP API for the length of one action. */
export interface PhpSession {
  readonly credentials: TebraCredentials
  readonly now: () => number
  /** Awaits the limiter, sends one action and gives what stands in `data`, its successes checked. */
  call(action: PhpAction, params?: Readonly<Record<string, string>>): Promise<unknown>
}

export async function openPhpSession(
  deps: UpstreamDeps,
  context: CallContext,
  action: string,
): Promise<PhpSession> {
  const credentials = await credentialsFor(deps, context, action)
  return {
    credentials,
    now: () => deps.clock.now(),
    async call(action, params = {}) {
      const operation = operations[action]
      await deps.admit(operation, context)
      const key = credentials.phpApiKey
      const answer = await post(deps, {
        operation,
        headers: {
          'content-type': 'application/json',
          'x-correlation-id': context.correlationId,
          ...(key === undefined ? {} : { 'x-api-key': key }),
        },
        body: JSON.stringify({ action, params }),
        signal: context.signal,
      })
      return readReply(answer)
    },
  }
}
