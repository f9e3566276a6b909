import type { ReadyEvent } from './encode-events.ts'

/** Events that wait for their client, up to a number of bytes; beyond it they are lost, and so is what comes then. */
export class HeldEvents {
  #events: ReadyEvent[] = []
  #bytes = 0
  #lost = false
  readonly #bytesMax: number
  readonly #coalesces: boolean

  /** With `coalesces` those go first which a later one under the same key replaces. */
  constructor(bytesMax: number, coalesces: boolean) {
    this.#bytesMax = bytesMax
    this.#coalesces = coalesces
  }

  get events(): readonly ReadyEvent[] {
    return this.#events
  }

  get lost(): boolean {
    return this.#lost
  }

  add(events: readonly ReadyEvent[]): void {
    if (this.#lost) return
    for (const one of events) {
      this.#events.push(one)
      this.#bytes += one.frame.byteLength
    }
    if (this.#bytes <= this.#bytesMax) return
    if (this.#coalesces) this.#coalesce()
    // Some room must be won, or each further event would look through all of them again.
    if (!this.#coalesces || this.#bytes > this.#bytesMax * 0.75) this.lose()
  }

  lose(): void {
    this.#lost = true
    this.#events = []
    this.#bytes = 0
  }

  #coalesce(): void {
    const newest = new Map(this.#events.map((one) => [one.key ?? one, one]))
    this.#events = this.#events.filter((one) => newest.get(one.key ?? one) === one)
    this.#bytes = this.#events.reduce((sum, { frame }) => sum + frame.byteLength, 0)
  }
}
