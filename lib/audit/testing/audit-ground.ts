import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisClient } from '#lib/redis/connect.ts'
import { startTestRedis } from '#lib/testing/redis.ts'
import { createAuditLog } from '../audit-log.ts'
import { type Checkpoint, createCheckpointSigner, createOpenCheckpoint } from '../checkpoint.ts'
import type { CheckpointSink } from '../checkpoint-sink.ts'
import { createFolderSink } from '../folder-sink.ts'
import { verifyAudit } from '../verify.ts'
import { verifyArchive } from '../verify-archive.ts'
import { type CheckpointLimits, createWriteCheckpoint } from '../write-checkpoint.ts'

/** A Redis, a folder as the archive, keys, and a clock the test moves. */
export async function startAuditGround() {
  const server = await startTestRedis()
  const folder = await mkdtemp(join(tmpdir(), 'audit-archive-'))
  const key = randomBytes(32)
  const seed = randomBytes(32)
  const signer = createCheckpointSigner(seed)
  const open = createOpenCheckpoint([signer.publicKey])
  const sink = createFolderSink(folder)
  const clock = { offsetMs: 0 }
  const now = () => Date.now() + clock.offsetMs
  const log = createAuditLog({ redis: server.redis, key, source: 'test', now })
  const limits: CheckpointLimits = { entriesMax: 10, intervalMs: 0, keepEntries: 1_000, keepMs: 1e12 }

  return {
    ...server,
    folder,
    key,
    seed,
    signer,
    open,
    sink,
    clock,
    now,
    async append(practiceId: string, count: number, entity = 'Request/1') {
      for (let n = 0; n < count; n += 1)
        await log.append({
          action: 'request.submit',
          actor: 'user-1',
          practiceId,
          entity,
          outcome: 'success',
          requestId: 'request-1',
        })
    },
    /** A process that writes checkpoints, with what the test gives it instead. */
    writer(
      options: {
        limits?: Partial<CheckpointLimits>
        sink?: CheckpointSink
        redis?: RedisClient
        owner?: string
        onWritten?: (checkpoint: Checkpoint) => void
      } = {},
    ) {
      return createWriteCheckpoint({
        redis: server.redis,
        key,
        signer,
        open,
        sink,
        owner: 'writer',
        now,
        onWritten: () => {},
        ...options,
        limits: { ...limits, ...options.limits },
      })
    },
    verify: (practiceId: string, places: { sink?: CheckpointSink } = {}) =>
      verifyAudit(server.redis, key, practiceId, { sink, open, ...places }),
    verifyArchive: (practiceId: string) => verifyArchive({ sink, open }, key, practiceId),
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type AuditGround = Awaited<ReturnType<typeof startAuditGround>>
