import { type ActionName, type ActionResult, actions } from '#lib/contract/actions.ts'
import type { ParsedParams, UpstreamCall } from './upstream.ts'
import { UpstreamError } from './upstream-error.ts'

/** One function for every action of the catalogue; `Session` is what a form needs to talk for one call. */
export type Handlers<Session> = {
  readonly [A in ActionName]: (params: ParsedParams<A>, session: Session) => Promise<ActionResult<A>>
}

/**
 * Runs the action's handler and holds its result against the contract: what the schema refuses is a malformed answer,
 * whichever form gave it, and never reaches a browser.
 */
export async function runHandler<A extends ActionName, Session>(
  handlers: Handlers<Session>,
  call: UpstreamCall<A>,
  session: Session,
): Promise<ActionResult<A>> {
  const handler = handlers[call.action]
  // The caller parsed them with this action's schema before the request was queued.
  const result = await handler(call.params as ParsedParams<A>, session)
  if (actions[call.action].result.safeParse(result).success) return result
  throw new UpstreamError('malformed-answer', { operation: writes[call.action] ?? call.action })
}

/** A result that is malformed after a write has the write's name, so that its outcome is called unclear. */
const writes: Partial<Record<ActionName, string>> = {
  createAppointment: 'CreateAppointment',
  updateAppointment: 'UpdateAppointment',
}
