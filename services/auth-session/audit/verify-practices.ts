import { practicesIn } from '#lib/audit/checkpoint.ts'
import { type Checkpoints, verifyAudit } from '#lib/audit/verify.ts'
import { verifyArchive } from '#lib/audit/verify-archive.ts'
import { PracticeId } from '#lib/contract/ids.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditedPractices } from '#lib/redis/keys.ts'

export interface VerifyWhat {
  readonly redis: RedisClient
  readonly key: Buffer
  readonly checkpoints: Checkpoints | undefined
  /** All that Redis or the archive knows of where none is named. */
  readonly practices: readonly string[]
  /** Follow the archive, too, from the first entry on. */
  readonly archive: boolean
}

/** Verifies practice by practice, saying a line of JSON of each; true where all are intact. It writes nothing. */
export async function verifyPractices(what: VerifyWhat, say: (line: string) => void): Promise<boolean> {
  const { redis, key, checkpoints } = what
  const practices = what.practices.length > 0 ? what.practices : await knownPractices(what)
  let intact = true
  for (const practiceId of practices) {
    const chain = await verifyAudit(redis, key, practiceId, checkpoints)
    const archive =
      what.archive && checkpoints ? await verifyArchive(checkpoints, key, practiceId) : undefined
    intact &&= chain.intact && archive?.intact !== false
    say(JSON.stringify({ practiceId, ...chain, ...(archive && { archive }) }))
  }
  return intact
}

/** The archive knows a practice even where everything in Redis is gone. */
async function knownPractices({ redis, checkpoints }: VerifyWhat): Promise<string[]> {
  const inRedis = await redis.smembers(auditedPractices)
  const archived = checkpoints ? await practicesIn(checkpoints.sink) : []
  const found = [...inRedis, ...archived].filter((name) => PracticeId.safeParse(name).success)
  return [...new Set(found)].sort()
}
