import type { Context } from 'hono'
import type { Account } from '../accounts.ts'
import type { Call } from '../counters.ts'
import type { ActiveFaults } from '../faults.ts'
import { type Reply, serveCall } from '../serve-call.ts'
import type { Simulator } from '../simulator.ts'
import { SoapFault } from '../soap/soap-fault.ts'
import { actions, MissingOperation, type Params, ValidationError } from './actions.ts'

const errorStatus = {
  validation_error: 400,
  json_error: 400,
  authentication_error: 401,
  method_error: 405,
  soap_fault: 503,
  configuration_error: 500,
} as const
type ErrorType = keyof typeof errorStatus

type Failure = { type: ErrorType; error: string }
type Request = { action: string; params: Params }

/** Which account a key opens; without any key configured, the first one for everybody. */
const accountFor = ({ accounts }: Simulator, key: string | undefined): Account | Failure => {
  const [first] = accounts
  if (!first) return { type: 'configuration_error', error: 'Tebra credentials are not configured' }
  if (accounts.every((account) => account.phpApiKey === undefined)) return first
  const account = accounts.find(
    (candidate) => candidate.phpApiKey !== undefined && candidate.phpApiKey === key,
  )
  return account ?? { type: 'authentication_error', error: 'Invalid API key' }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readRequest = (text: string): Request | Failure => {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { type: 'json_error', error: 'Invalid JSON: Syntax error' }
  }
  if (!isRecord(body) || typeof body.action !== 'string' || body.action === '') {
    return { type: 'validation_error', error: 'Missing required parameter: action' }
  }
  if (!Object.hasOwn(actions, body.action)) {
    return { type: 'validation_error', error: `Unknown action: ${body.action}` }
  }
  return { action: body.action, params: isRecord(body.params) ? body.params : {} }
}

const runAction = (
  state: Simulator,
  account: Account,
  { action, params }: Request,
  call: Call,
  faults: ActiveFaults,
): Reply | Failure => {
  try {
    if (faults['malformed-xml']) return { type: 'soap_fault', error: 'looks like we got no XML document' }
    const answer = actions[action]?.run({ state, account, params, call, faults })
    // Success carries the type PHP sets when nobody sets one.
    return {
      status: 200,
      type: 'text/html; charset=UTF-8',
      body: JSON.stringify({ success: true, data: answer?.data ?? null }),
      outcome: answer?.outcome ?? 'ok',
    }
  } catch (error) {
    if (error instanceof ValidationError) return { type: 'validation_error', error: error.message }
    if (error instanceof MissingOperation || error instanceof SoapFault) {
      return { type: 'soap_fault', error: error.message }
    }
    throw error
  }
}

/** The existing PHP API, traps included (observed live behaviour). */
export const servePhp =
  (state: Simulator) =>
  async (c: Context): Promise<Response> => {
    const read = readRequest(await c.req.text())
    const action = 'action' in read ? read.action : ''
    const sent = c.req.header('X-Correlation-Id')
    const account = accountFor(state, c.req.header('X-API-Key'))
    const names = [action, actions[action]?.operation ?? action]
    const customerKey = 'customerKey' in account ? account.customerKey : undefined
    const fail = (call: Call, { type, error }: Failure): Reply => ({
      status: errorStatus[type],
      type: 'application/json',
      body: JSON.stringify({
        success: false,
        error,
        type,
        timestamp: new Date(state.clock.now()).toISOString(),
        correlation_id: sent ?? `php-${call.sequence}`,
      }),
      outcome: type,
    })
    return serveCall(state, {
      target: { form: 'php', names, ...(customerKey === undefined ? {} : { account: customerKey }) },
      operation: action,
      signal: c.req.raw.signal,
      ...(sent === undefined ? {} : { correlationId: sent }),
      // The web server in front answers for a PHP process that is not there.
      outage: () => ({ status: 500, type: 'text/html', body: 'Internal Server Error', outcome: 'outage' }),
      answer: (call, faults) => {
        if (c.req.method !== 'POST') return fail(call, { type: 'method_error', error: 'Method not allowed' })
        if ('type' in account) return fail(call, account)
        if ('type' in read) return fail(call, read)
        const reply = runAction(state, account, read, call, faults)
        return 'status' in reply ? reply : fail(call, reply)
      },
    })
  }
