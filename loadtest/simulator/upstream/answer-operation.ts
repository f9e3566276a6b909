import type { Call } from '../counters.ts'
import type { ActiveFaults } from '../faults.ts'
import { throttledText, throttleTable } from '../limits.ts'
import { hash } from '../random.ts'
import type { EmptyMode, Simulator } from '../simulator.ts'
import { type Members, membersOf, textOf } from '../soap/data-contract.ts'
import { internalServiceFault } from '../soap/soap-fault.ts'
import type { Tree } from '../soap/xml-writer.ts'
import { operations } from './operations.ts'
import { nullReference, OperationError, withPlaceholder, writePayload } from './payload.ts'
import { customerIdOf, type Identity, identify, securityResponse } from './security.ts'

/** A result as the service builds it, before either form wraps it. */
export type OperationResult = { outcome: string; result: Tree; errorMessage?: string; authenticated: boolean }

const errorResponse = (message: string | null): Tree => ({
  ErrorMessage: message,
  IsError: message !== null,
  StackTrace: null,
})

const emptyModeOf = (state: Simulator, call: Call): Exclude<EmptyMode, 'mixed'> => {
  if (state.emptyMode !== 'mixed') return state.emptyMode
  const modes = ['nil', 'empty', 'placeholder'] as const
  return modes[hash(`${state.seed}:empty:${call.sequence}`) % modes.length] ?? 'nil'
}

const answerCustomerId = (state: Simulator, members: Members, identity: Identity): Tree => {
  const shapely = ['CustomerKey', 'Password', 'User'].every((name) => members[name] !== undefined)
  if (!shapely) return { CustomerId: '-1' }
  return { CustomerId: identity.account ? customerIdOf(state, identity.account) : '0' }
}

/**
 * Runs one operation as the service does: credentials, then the limit, then the work. Errors and refused credentials
 * come back as results; only a broken service throws (SoapFault).
 */
export const answerOperation = (
  state: Simulator,
  operation: string,
  members: Members,
  call: Call,
  faults: ActiveFaults,
): OperationResult => {
  if (faults['internal-service-fault']) throw internalServiceFault()
  const known = operations[operation]
  if (!known) throw internalServiceFault()
  const { payload: name, run } = known
  const credentials = operation === 'GetCustomerIdFromKey' ? members : membersOf(members, 'RequestHeader')
  const finish = (
    outcome: string,
    identity: Identity,
    payload: Tree,
    errorMessage?: string,
  ): OperationResult => ({
    outcome,
    authenticated: identity.account !== undefined,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    result: {
      ErrorResponse: errorResponse(errorMessage ?? null),
      SecurityResponse: securityResponse(state, identity),
      ...payload,
    },
  })
  const empty = { [name]: null }
  if (!credentials) return finish('error', { keyValid: false }, empty, nullReference().message)
  const key = textOf(credentials, 'CustomerKey')
  if (key !== undefined) call.account = key
  const identity: Identity = faults['authentication-lapse']
    ? { keyValid: true }
    : identify(state, credentials)
  if (operation === 'GetCustomerIdFromKey') {
    return finish(
      identity.account ? 'ok' : 'unauthenticated',
      identity,
      answerCustomerId(state, members, identity),
    )
  }
  const { account } = identity
  // No error and no rows: only SecurityResponse tells this from an empty day.
  if (!account) return finish('unauthenticated', identity, empty)
  if (faults.throttled || !state.limits.admit(account.customerKey, operation)) {
    const intervalMs = state.limits.intervalMs(operation) || (throttleTable[operation] ?? 0)
    return finish('throttled', identity, empty, throttledText(operation, intervalMs))
  }
  try {
    const payload = run({ state, account, members, call, faults })
    if (faults['empty-nil']) return finish('ok', identity, empty)
    const shown = faults['placeholder-rows'] ? withPlaceholder(payload) : payload
    return finish('ok', identity, writePayload(shown, emptyModeOf(state, call)))
  } catch (error) {
    if (error instanceof OperationError) return finish('error', identity, empty, error.message)
    throw error
  }
}
