import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditedPractices } from '#lib/redis/keys.ts'
import { ChainBroken, type CheckpointOutcome } from './write-checkpoint.ts'

export interface RunningCheckpoints {
  /** Practices whose last try failed: their chain is broken, or the sink is away. */
  troubled(): number
  stop(): Promise<void>
}

const everyMs = 10_000

/**
 * Looks at every practice's chain again and again until stopped. Any number of processes may do so: one at a time
 * writes a practice's checkpoints. Trouble is told when it begins and when it ends.
 */
export function runCheckpoints(deps: {
  redis: RedisClient
  writeCheckpoint: (practiceId: string) => Promise<CheckpointOutcome>
  logger: Logger
  everyMs?: number
}): RunningCheckpoints {
  const { redis, logger } = deps
  const troubles = new Map<string, string>()
  let stopping = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let running = Promise.resolve()

  const look = async (practiceId: string): Promise<void> => {
    try {
      await deps.writeCheckpoint(practiceId)
      if (troubles.delete(practiceId)) logger.info({ practiceId }, 'audit checkpoints are written again')
    } catch (error) {
      const broken = error instanceof ChainBroken
      const kind = broken ? `${error.finding} ${error.seq}` : 'away'
      if (troubles.get(practiceId) === kind) return
      troubles.set(practiceId, kind)
      if (broken)
        logger.error({ practiceId, finding: error.finding, seq: error.seq }, 'the audit chain is broken')
      else logger.warn({ practiceId, err: error }, 'audit checkpoints are not written')
    }
  }

  const round = async (): Promise<void> => {
    const practices = await redis.smembers(auditedPractices).catch(() => [])
    for (const practiceId of practices) if (!stopping) await look(practiceId)
    if (!stopping) timer = setTimeout(start, deps.everyMs ?? everyMs)
  }
  const start = () => {
    running = round()
  }
  start()

  return {
    troubled: () => troubles.size,
    async stop() {
      stopping = true
      clearTimeout(timer)
      await running
    },
  }
}
