import type { ByeCode, ResyncReason } from '#lib/contract/events.ts'
import type { Position } from './cursor.ts'
import type { StreamEvent } from './decode-event.ts'
import type { EncodeEvents, ReadyEvent } from './encode-events.ts'
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
export function createHub(encodeEvents: EncodeEvents) {
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

    /** Hands the events of one read to those they are for, each client's as one write. */
    async publish(events: readonly StreamEvent[], before: Position): Promise<void> {
      const ready = await encodeEvents(events, before, (event) => audiences.has(audienceOf(event)))
      const batches = Map.groupBy(ready, ({ event }) => audienceOf(event))
      for (const [name, batch] of batches)
        for (const listener of audiences.get(name) ?? []) listener.deliver(batch)
    },

    keepAlive(): void {
      for (const { subscriber } of all) subscriber.write([keepAliveFrame])
    },

    resync(reason: ResyncReason): void {
      for (const { subscriber } of all) subscriber.resync(reason)
    },

    bye(code: ByeCode, retryMs: () => number, whose: (subscriber: Subscriber) => boolean = () => true): void {
      for (const { subscriber } of [...all]) if (whose(subscriber)) subscriber.bye(code, retryMs())
    },
  }
}

export type Hub = ReturnType<typeof createHub>
