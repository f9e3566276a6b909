import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { createAuditLine } from '../../../lib/audit/audit-line.ts'
import { type AuditLog, createAuditLog } from '../../../lib/audit/audit-log.ts'
import type { Logger } from '../../../lib/observability/logger.ts'
import type { RedisClient } from '../../../lib/redis/connect.ts'
import { auditKeys } from '../../../lib/redis/keys.ts'
import { benchKey } from '../queue/ours.ts'

/** `chain` is ours; `plain` writes the same event to a stream and proves nothing. */
export const LogKind = z.enum(['chain', 'plain'])
export type LogKind = z.infer<typeof LogKind>

export const auditLogs: Readonly<Record<LogKind, (redis: RedisClient, logger: Logger) => AuditLog>> = {
  /** As the service opens it, the line in its log included. */
  chain: (redis, logger) =>
    createAuditLog({
      redis,
      key: benchKey,
      source: 'bench',
      now: Date.now,
      onAppended: createAuditLine(logger),
    }),
  plain: (redis) => ({
    async append(given) {
      const event = { ...given, id: uuidv7(), recordedAt: new Date().toISOString(), source: 'bench' }
      await redis.xadd(auditKeys.log(given.practiceId), '*', 'event', JSON.stringify(event))
    },
  }),
}
