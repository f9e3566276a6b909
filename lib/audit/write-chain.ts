import { setTimeout as pause } from 'node:timers/promises'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { type ChainHead, nextMac, sameMac } from './chain.ts'

const appendScript = loadScript<[outcome: number, seq: number, mac: string]>(
  new URL('./append.lua', import.meta.url),
)
/** Some thirty times what a batch takes: a writer that died in its turn holds up the others this long. */
const turnMs = 100
const askAgainMs = 2
/** About 2 s of asking, after which a caller is better told than kept waiting. */
const triesMax = 800

/**
 * Writes batches to the chains of practices. `take` is called when the write is sent, and again where it has to be
 * sent anew, so that what came in meanwhile goes with it; the answer is each entry's link, in the order taken.
 * One call at a time for a practice.
 */
export function createWriteChain(deps: {
  redis: RedisClient
  key: Buffer
  /** Tells this process from the other writers. */
  writer: string
  onFirst: (practiceId: string) => Promise<unknown>
}) {
  const { redis, key, writer } = deps
  /** Where each chain stood when we last wrote; not known after a failure, or while others write, too. */
  const heads = new Map<string, ChainHead>()

  return async (practiceId: string, take: () => readonly string[]): Promise<readonly ChainHead[]> => {
    const keys = [auditKeys.log(practiceId), auditKeys.head(practiceId)]
    let base = heads.get(practiceId)
    heads.delete(practiceId)
    let contended = false
    for (let tries = 0; tries < triesMax; tries += 1) {
      if (base?.seq === 0) await deps.onFirst(practiceId)
      const links = base ? chained(key, practiceId, base, take()) : []
      const { seq, mac } = base ?? { seq: -1, mac: '' }
      const args = links.flatMap(({ mac, payload }) => [mac, payload])
      const reply = await appendScript(redis, keys, [seq, mac, writer, turnMs, ...args])
      const [outcome, ...present] = reply
      const head = { seq: present[0], mac: present[1] }
      const last = links.at(-1)
      // A head that is already ours means that only the reply to the first try was lost.
      if (last && (outcome === 1 || (head.seq === last.seq && sameMac(head.mac, last.mac)))) {
        if (!contended) heads.set(practiceId, head)
        return links
      }
      contended ||= outcome === -1
      base = outcome === -1 ? undefined : head
      if (!base) await pause(askAgainMs)
    }
    throw new Error('the audit chain is too busy')
  }
}

interface Link extends ChainHead {
  readonly payload: string
}

function chained(key: Buffer, practiceId: string, base: ChainHead, payloads: readonly string[]): Link[] {
  let head = base
  return payloads.map((payload) => {
    const link = { seq: head.seq + 1, mac: nextMac(key, practiceId, head, payload), payload }
    head = link
    return link
  })
}
