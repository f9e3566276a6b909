import type { ActionName, ActionParams } from '#lib/contract/actions.ts'
import type { SubmitAnswer } from '#lib/contract/requests.ts'
import type { SubmitWishes } from './submit-request.ts'
import type { TebraCallError } from './tebra-call-error.ts'

/** One submission that waits for the network. Its params may be a patient's data. */
export interface OutboxEntry<A extends ActionName = ActionName> extends Omit<SubmitWishes, 'background'> {
  /** Id of the user whose intention it is; nobody else's session sends it. */
  readonly owner: string
  readonly idempotencyKey: string
  readonly action: A
  readonly params: ActionParams<A>
  /** In ms since 1970. */
  readonly addedAt: number
  /** Whether a try was begun, so that the service may have it. */
  readonly wasTried: boolean
}

/**
 * Where entries outlive a reload. The application chooses the place, because they carry patients' data: `sessionStorage` goes
 * with its tab; `localStorage` stays on the machine for whoever sits down next.
 */
export interface OutboxStorage {
  list(): Promise<readonly OutboxEntry[]>
  put(entry: OutboxEntry): Promise<void>
  remove(idempotencyKey: string): Promise<void>
}

/** How an entry left the outbox. */
export interface OutboxOutcome {
  readonly entry: OutboxEntry
  readonly answer?: SubmitAnswer
  readonly error?: TebraCallError
}
