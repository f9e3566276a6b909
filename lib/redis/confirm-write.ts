import { readFileSync } from 'node:fs'
import type { RedisClient } from './connect.ts'

/** True when the record, as it is now, is as safe as was asked for. */
export type ConfirmWrite = (key: string) => Promise<boolean>

/** `replica`: one replica has it (WAIT). `aof`: it is on this server's disk (WAITAOF, from Redis 7.2 on). */
export type Safety = 'replica' | 'aof'

const mark = readFileSync(new URL('./confirm-write.lua', import.meta.url), 'utf8')

interface Waiting {
  readonly key: string
  readonly resolve: (safe: boolean) => void
  readonly reject: (error: unknown) => void
}

/**
 * Confirms hashes that were written before, on whatever connection. WAIT alone speaks for the writes of its own
 * connection: after a reconnect it would confirm what the new primary never got. So the record is marked and the mark
 * is waited for, in one pipeline. WAIT holds up what comes behind it: `redis` is a connection of its own, and
 * whoever comes while one runs shares the next. All keys of one call's time must be in one slot.
 */
export function createConfirmWrite(redis: RedisClient, safety: Safety, withinMs = 1_000): ConfirmWrite {
  let waiting: Waiting[] = []
  let running = false

  const ask = async (keys: readonly string[]): Promise<boolean[]> => {
    const pipeline = redis.pipeline()
    for (const key of keys) pipeline.eval(mark, 1, key)
    if (safety === 'replica') pipeline.wait(1, withinMs)
    else pipeline.call('WAITAOF', 1, 0, withinMs)
    const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error) throw error
      return reply
    })
    const safe = Number([replies.at(-1)].flat()[0]) >= 1
    return keys.map((_, index) => safe && replies[index] === 1)
  }

  const run = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        const safe = await ask(batch.map(({ key }) => key))
        batch.forEach(({ resolve }, index) => {
          resolve(safe[index] ?? false)
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    running = false
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (!running) void run()
    })
}
