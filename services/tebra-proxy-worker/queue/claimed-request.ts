import { ActionName } from '#lib/contract/actions.ts'

/**
 * An attempt was begun before and its outcome is not known. `unseen`: the upstream was asked, and as long ago as a call
 * takes at most it showed nothing of it.
 */
export type Unsettled = 'sending' | 'unseen'

/** A request in a worker's hands; the fence is void as soon as another worker claims the same request. */
export interface ClaimedRequest {
  readonly id: string
  readonly entry: string
  readonly fence: number
  /** How often it was handed to a worker; grows only when a worker is lost with it. */
  readonly deliveries: number
  readonly intent: 'none' | Unsettled
  readonly attempts: number
  readonly action: ActionName
  readonly practiceId: string
  readonly userId: string
  readonly correlationId: string
  readonly submittedAt: number
  readonly params: string
}

/** What the claiming scripts answer for one entry. */
type Claimed = [entry: string, id: string, fence: number, deliveries: number, ...string[]]

/** The scripts' reply, without the entries that are nothing to do for us. */
export const toClaimed = (reply: string): ClaimedRequest[] =>
  (JSON.parse(reply) as (Claimed | false)[]).filter((record) => record !== false).map(toRequest)

function toRequest(record: Claimed): ClaimedRequest {
  const [
    entry,
    id,
    fence,
    deliveries,
    intent,
    attempts,
    action,
    practiceId = '',
    userId = '',
    correlationId = '',
    submittedAt,
    params = '',
  ] = record
  return {
    id,
    entry,
    fence,
    deliveries,
    intent: intent === 'sending' || intent === 'unseen' ? intent : 'none',
    attempts: Number(attempts),
    action: ActionName.parse(action),
    practiceId,
    userId,
    correlationId,
    submittedAt: Number(submittedAt),
    params,
  }
}
