import type { EventEnvelope } from '#lib/contract/events.ts'
import type { ConnectionState, GapReason } from './connection-state.ts'
import { createListeners } from './listeners.ts'

/** Live events and where their stream stands, whoever holds the connection. Multicast: any number of listeners share it. */
export abstract class EventStream {
  #state: ConnectionState = { kind: 'ended', reason: 'closed' }
  readonly #states
  readonly #events
  readonly #gaps

  /** @param report takes the error of a listener, which must not keep the others from hearing */
  constructor(report: (error: unknown) => void) {
    this.#states = createListeners<ConnectionState>(report)
    this.#events = createListeners<EventEnvelope>(report)
    this.#gaps = createListeners<GapReason>(report)
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Hears every change of state; returns the way to stop. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#states.add(listener)
  }

  /** Hears every business event once, in order. */
  onEvent(listener: (event: EventEnvelope) => void): () => void {
    return this.#events.add(listener)
  }

  /** Hears that events may be missing: whatever was built from them must be read anew. */
  onResync(listener: (reason: GapReason) => void): () => void {
    return this.#gaps.add(listener)
  }

  /** Starts, or starts again after an end; a stream that is on its way is left alone. */
  abstract open(): void

  /** Ends now; nothing is heard afterwards but the state `ended`. */
  abstract close(): void

  protected become(state: ConnectionState): void {
    this.#state = state
    this.#states.tell(state)
  }

  protected tellEvent(event: EventEnvelope): void {
    this.#events.tell(event)
  }

  protected tellGap(reason: GapReason): void {
    this.#gaps.tell(reason)
  }
}
