import { v7 as uuidv7 } from 'uuid'
import { type AuditLog, createAuditLog } from '../../../lib/audit/audit-log.ts'
import { readUserPermissions } from '../../../lib/http/user-permissions.ts'
import { connectReader, type RedisClient, untilReady } from '../../../lib/redis/connect.ts'
import { queueKeysIn } from '../../../lib/redis/keys.ts'
import { createLock } from '../../../lib/redis/lock.ts'
import { createPartitions } from '../../../lib/redis/partitions.ts'
import { createLocalBreaker } from '../../../services/tebra-proxy-worker/breaker/local-breaker.ts'
import { createRequestQueue } from '../../../services/tebra-proxy-worker/queue/request-queue.ts'
import { createHandleRequest } from '../../../services/tebra-proxy-worker/worker/handle-request.ts'
import { createLeaderJobs } from '../../../services/tebra-proxy-worker/worker/leader-jobs.ts'
import { createRateLimiter } from '../../../services/tebra-proxy-worker/worker/rate-limiter.ts'
import { createWorkerLoop } from '../../../services/tebra-proxy-worker/worker/worker-loop.ts'
import { benchKey, openOurs } from './ours.ts'
import { operation, practices } from './payload.ts'
import { createRunAtOnce } from './run-at-once.ts'

const blockMs = 1_000

interface Options {
  readonly url: string
  readonly concurrency: number
  readonly leaseMs: number
  /** With the permission check and the audit chain, which are no part of a queue and which the peer has not. */
  readonly whole: boolean
  /** Another audit log than the service's, where that is what is measured. */
  readonly openAudit?: (redis: RedisClient) => AuditLog
  readonly onCall: () => Promise<void>
  readonly onEnd: () => void
}

const chainedAudit = (redis: RedisClient): AuditLog =>
  createAuditLog({ redis, key: benchKey, source: 'bench', now: Date.now })
const noAudit: AuditLog = { append: () => Promise.resolve() }

/** The service's queue, loop and handler, put together as the service does. */
export async function openOurWorker(options: Options) {
  const { redis, cipher, logger } = await openOurs(options.url)
  const reader = connectReader({ url: options.url, name: 'bench-reader' }, blockMs, { onError: () => {} })
  await untilReady(reader)
  const consumer = `bench-${uuidv7()}`
  const keys = queueKeysIn(0)
  const limits = { retentionMs: 3_600_000, inlineBytesMax: 256 * 1_024 }
  const queue = createRequestQueue({ redis, keys, consumer, limits })
  const limiter = createRateLimiter({ redis, partitions: createPartitions(1), marginMs: 0 })
  for (const practice of practices) limiter.override(practice, new Map([[operation, 0]]))
  const breaker = createLocalBreaker({ failures: 5, waitMs: 10_000, now: Date.now, onChange: () => {} })
  const openAudit = options.openAudit ?? (options.whole ? chainedAudit : () => noAudit)

  const run = createRunAtOnce({
    queue,
    cipher,
    limiter,
    onCall: options.onCall,
    mayRun: (practiceId, userId) =>
      options.whole ? readUserPermissions(redis, practiceId, userId) : Promise.resolve(),
  })
  const audit = openAudit(redis)
  const handle = createHandleRequest({ queue, run, cipher, audit, logger, onOutcome: () => {} })
  const lead = { redis, keys, worker: consumer, queue, leaseMs: options.leaseMs }
  return createWorkerLoop({
    queue,
    jobs: createLeaderJobs({
      ...lead,
      patienceMs: 3 * options.leaseMs,
      isStopped: () => Promise.resolve(false),
    }),
    reaper: createLock({ redis, key: keys.reaper, owner: consumer, heldMs: options.leaseMs / 2 }),
    onSwept: () => Promise.resolve(),
    reader,
    requests: keys.requests,
    consumer,
    room: (inHand) => breaker.room(inHand, options.concurrency),
    logger,
    blockMs,
    concurrency: options.concurrency,
    leaseMs: options.leaseMs,
    handle: (request, signal) => handle(request, signal).finally(options.onEnd),
  })
}
