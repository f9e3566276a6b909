import type { ByeCode, ResyncReason } from '#lib/contract/events.ts'
import type { StreamEvent } from './decode-event.ts'
import type { ReadyEvent } from './encode-events.ts'
import { keepAliveFrame } from './frames.ts'
import type { Subscriber } from './subscriber.ts'

/** What a stream registers as: while it replays it keeps live events back, afterwards it writes them. */
export interface Listener {
  readonly subscriber: Subscriber
  deliver(events: readonly ReadyEvent[]): void
}

/** Whom an event is for: the events of `tebra:*` reach the requester and nobody else. */
const audienceOf = ({ practiceId, userId }: { practiceId: string; userId: string }) =>
  `${practiceId}/${userId}`

/** All open streams of this instance, found by whom an event is for. */
export function createHub() {
  const audiences = new Map<string, Set<Listener>>()
  const all = new Set<Listener>()

  return {
    size: () => all.size,
    sizeOf: (user: { practiceId: string; userId: string }) => audiences.get(audienceOf(user))?.size ?? 0,
    subscribers: (): Subscriber[] => [...all].map(({ subscriber }) => subscriber),

    add(listener: Listener): void {
      const name = audienceOf(listener.subscriber.session)
      const listeners = audiences.get(name) ?? new Set()
      audiences.set(name, listeners.add(listener))
      all.add(listener)
    },

    remove(listener: Listener): void {
      const name = audienceOf(listener.subscriber.session)
      const listeners = audiences.get(name)
      listeners?.delete(listener)
      if (listeners?.size === 0) audiences.delete(name)
      all.delete(listener)
    },

    /** Whether anybody here listens for it; what nobody hears need not be opened and encoded. */
    isHeard: (event: StreamEvent): boolean => audiences.has(audienceOf(event)),

    /** Hands the events of one read to those they are for, each client's as one write. */
    publish(ready: readonly ReadyEvent[]): void {
      const batches = Map.groupBy(ready, ({ event }) => audienceOf(event))
      for (const [name, batch] of batches)
        for (const listener of audiences.get(name) ?? []) listener.deliver(batch)
    },

    keepAlive(): void {
      for (const { subscriber } of all) subscriber.write([keepAliveFrame])
    },

    resync(reason: ResyncReason, whose: (subscriber: Subscriber) => boolean): void {
      for (const { subscriber } of all) if (whose(subscriber)) subscriber.resync(reason)
    },

    bye(code: ByeCode, retryMs: () => number, whose: (subscriber: Subscriber) => boolean = () => true): void {
      for (const { subscriber } of [...all]) if (whose(subscriber)) subscriber.bye(code, retryMs())
    },
  }
}

export type Hub = ReturnType<typeof createHub>
