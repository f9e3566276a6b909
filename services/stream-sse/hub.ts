import type { ByeCode, ResyncReason } from '#lib/contract/events.ts'
import type { StreamEvent } from './decode-event.ts'
import type { ReadyEvent } from './encode-events.ts'
import { joined } from './frames.ts'
import type { Subscriber } from './subscriber.ts'

/** Those who hear the same: what a read brings for them is joined into one chunk of bytes, once for all. */
interface Group {
  readonly audiences: readonly string[]
  readonly subscribers: Set<Subscriber>
}

/** The open streams of a partition's practices on this instance, found by whom an event is for. */
export function createHub() {
  const groups = new Map<string, Group>()
  const groupsOf = new Map<string, Set<Group>>()
  const all = new Set<Subscriber>()

  const open = (name: string, audiences: readonly string[]): Group => {
    const group = { audiences, subscribers: new Set<Subscriber>() }
    groups.set(name, group)
    for (const audience of audiences) groupsOf.set(audience, (groupsOf.get(audience) ?? new Set()).add(group))
    return group
  }

  const close = (name: string, group: Group): void => {
    groups.delete(name)
    for (const audience of group.audiences) {
      const heardBy = groupsOf.get(audience)
      heardBy?.delete(group)
      if (heardBy?.size === 0) groupsOf.delete(audience)
    }
  }

  const nameOf = ({ audiences }: Subscriber) => audiences.join(',')

  return {
    size: () => all.size,
    subscribers: (): Iterable<Subscriber> => all,

    add(subscriber: Subscriber): void {
      const name = nameOf(subscriber)
      const group = groups.get(name) ?? open(name, subscriber.audiences)
      group.subscribers.add(subscriber)
      all.add(subscriber)
    },

    remove(subscriber: Subscriber): void {
      const name = nameOf(subscriber)
      const group = groups.get(name)
      group?.subscribers.delete(subscriber)
      if (group?.subscribers.size === 0) close(name, group)
      all.delete(subscriber)
    },

    /** Whether anybody here listens for it; what nobody hears need not be opened and encoded. */
    isHeard: (event: StreamEvent): boolean => groupsOf.has(event.audience),

    /** Hands the events of one read to those they are for, each client's as one write, in their order; answers to how many. */
    publish(ready: readonly ReadyEvent[]): number {
      const heard = new Map<Group, ReadyEvent[]>()
      for (const one of ready)
        for (const group of groupsOf.get(one.event.audience) ?? []) {
          const events = heard.get(group)
          if (events) events.push(one)
          else heard.set(group, [one])
        }
      let writes = 0
      for (const [group, events] of heard) {
        const chunk = joined(events.map(({ frame }) => frame))
        for (const subscriber of group.subscribers) subscriber.deliver(events, chunk)
        writes += group.subscribers.size
      }
      return writes
    },

    keepAlive(frame: Uint8Array, stalledMsMax: number): void {
      for (const subscriber of all) subscriber.keepAlive(frame, stalledMsMax)
    },

    resync(reason: ResyncReason): void {
      for (const subscriber of all) subscriber.resync(reason)
    },

    /** Ends those streams, each with a time of its own to come back. */
    bye(code: ByeCode, retryMs: () => number, whose: (subscriber: Subscriber) => boolean = () => true): void {
      for (const subscriber of [...all]) if (whose(subscriber)) subscriber.bye(code, retryMs())
    },
  }
}

export type Hub = ReturnType<typeof createHub>
