import { v7 as uuidv7 } from 'uuid'
import type { AuditEvent } from '#lib/contract/audit.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { type ChainHead, emptyChain, nextMac, sameMac } from './chain.ts'

export type NewAuditEvent = Omit<AuditEvent, 'id' | 'recordedAt' | 'source'>

export interface AuditLog {
  /** Resolves when the event stands in the practice's chain; rejects when that is not sure. */
  append(event: NewAuditEvent): Promise<void>
}

const appendScript = loadScript<[number, number, string]>(new URL('./append.lua', import.meta.url))
const batchMax = 100
const racesMax = 50

interface Waiting {
  readonly payload: string
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * The tamper-evident audit log: one HMAC chain per practice. Events of one process go out in batches, one step at a
 * time; between processes the first writer wins and the other builds on its entry.
 */
export function createAuditLog(deps: {
  redis: RedisClient
  key: Buffer
  source: string
  now: () => number
}): AuditLog {
  const waiting = new Map<string, Waiting[]>()
  const heads = new Map<string, ChainHead>()

  const write = async (practiceId: string, payloads: readonly string[]): Promise<void> => {
    const keys = [auditKeys.log(practiceId), auditKeys.head(practiceId)]
    for (let race = 0; race < racesMax; race += 1) {
      const base = heads.get(practiceId) ?? emptyChain
      const { head, args } = chained(deps.key, practiceId, base, payloads)
      const [written, seq, mac] = await appendScript(deps.redis, keys, [base.seq, base.mac, ...args])
      heads.set(practiceId, { seq, mac })
      // A head that is already ours means that only the reply to the first try was lost.
      if (written === 1 || (seq === head.seq && sameMac(mac, head.mac))) return
    }
    throw new Error('the audit chain is too busy')
  }

  const flush = async (practiceId: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, batchMax)
      try {
        await write(
          practiceId,
          batch.map((entry) => entry.payload),
        )
        for (const entry of batch) entry.done()
      } catch (error) {
        heads.delete(practiceId)
        for (const entry of batch) entry.failed(error)
      }
      queue.splice(0, batch.length)
    }
    waiting.delete(practiceId)
  }

  return {
    append(event) {
      const { practiceId } = event
      const full: AuditEvent = {
        ...event,
        id: uuidv7(),
        recordedAt: new Date(deps.now()).toISOString(),
        source: deps.source,
      }
      return new Promise((done, failed) => {
        const entry = { payload: JSON.stringify(full), done, failed }
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

function chained(key: Buffer, practiceId: string, base: ChainHead, payloads: readonly string[]) {
  const args: string[] = []
  let head = base
  for (const payload of payloads) {
    head = { seq: head.seq + 1, mac: nextMac(key, practiceId, head, payload) }
    args.push(head.mac, payload)
  }
  return { head, args }
}
