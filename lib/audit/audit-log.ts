import { setImmediate as endOfTurn } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import type { AuditEvent } from '#lib/contract/audit.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditedPractices } from '#lib/redis/keys.ts'
import { createWriteChain } from './write-chain.ts'

export type NewAuditEvent = Omit<AuditEvent, 'id' | 'recordedAt' | 'source'>

export interface AuditLog {
  /** Resolves when the event stands in the practice's chain; rejects when that is not sure. */
  append(event: NewAuditEvent): Promise<void>
}

/** An event as it stands in its chain, with what proves its place there. */
export interface AppendedEvent {
  readonly event: AuditEvent
  readonly seq: number
  readonly mac: string
}

interface Waiting {
  readonly event: AuditEvent
  readonly payload: string
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const batchMax = 100

/**
 * The tamper-evident audit log: one HMAC chain per practice. What this process appends while one step is under way
 * goes out together in the next; between processes turns see to it that none starves. `onAppended` hears of every
 * event that stands, in its order.
 */
export function createAuditLog(deps: {
  redis: RedisClient
  key: Buffer
  /** The service that writes: FHIR's AuditEvent.source. */
  source: string
  now: () => number
  onAppended?: (appended: AppendedEvent) => void
}): AuditLog {
  const { redis, onAppended } = deps
  const waiting = new Map<string, Waiting[]>()
  const writeChain = createWriteChain({
    ...deps,
    writer: uuidv7(),
    // Before the first entry, so that there is no chain that the checkpoints do not know of.
    onFirst: (practiceId) => redis.sadd(auditedPractices, practiceId),
  })

  const flush = async (practiceId: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      // What else this turn of the loop brings in goes along: without it, every other step carried one event alone.
      await endOfTurn()
      let batch: readonly Waiting[] = []
      const take = (): string[] => {
        batch = queue.slice(0, batchMax)
        return batch.map(({ payload }) => payload)
      }
      try {
        const links = await writeChain(practiceId, take)
        batch.forEach(({ event, done }, at) => {
          const link = links[at]
          if (link) onAppended?.({ event, ...link })
          done()
        })
      } catch (error) {
        if (batch.length === 0) take()
        for (const { failed } of batch) failed(error)
      }
      queue.splice(0, batch.length)
    }
    waiting.delete(practiceId)
  }

  return {
    append(given) {
      const { practiceId } = given
      const event: AuditEvent = {
        ...given,
        id: uuidv7(),
        recordedAt: new Date(deps.now()).toISOString(),
        source: deps.source,
      }
      return new Promise((done, failed) => {
        const entry = { event, payload: JSON.stringify(event), done, failed }
        const queue = waiting.get(practiceId)
        if (queue) {
          queue.push(entry)
          return
        }
        const started = [entry]
        waiting.set(practiceId, started)
        void flush(practiceId, started)
      })
    },
  }
}
