/**
 * Requests through the service itself, from the HTTP submission (session, rate limit, audit, queue) to the end in the
 * record (claim, permissions, attempt, limiter, result, audit), before an upstream that answers at once.
 */
import { z } from 'zod'
import { readConfig } from '../../../lib/config/read-config.ts'
import { createGround } from '../../../lib/lifecycle/open-service.ts'
import { createLineWriter } from '../../../lib/observability/line-writer.ts'
import { createLogger } from '../../../lib/observability/logger.ts'
import { createMetrics } from '../../../lib/observability/metrics.ts'
import { connectCommands, untilReady } from '../../../lib/redis/connect.ts'
import { signInTestUser } from '../../../lib/testing/ground.ts'
import { TebraProxyWorkerConfig } from '../../../services/tebra-proxy-worker/config.ts'
import { createTebraProxyWorker } from '../../../services/tebra-proxy-worker/tebra-proxy-worker.ts'
import { readInput } from '../harness/run-program.ts'
import { inFlight } from '../queue/in-flight.ts'
import { openOurWorker } from '../queue/our-worker.ts'
import { benchKey } from '../queue/ours.ts'
import { action, paramsOf } from '../queue/payload.ts'
import { auditLogs, LogKind } from './logs.ts'
import { type AuditSpent, spentOn } from './spent.ts'

const width = 64
const Input = z.object({ url: z.string(), count: z.int(), log: LogKind, practiceId: z.string() })
const { url, count, log, practiceId } = readInput(Input)
const secret = benchKey.toString('base64')
const unlimited = '99999999/99999999/99999999'
const config = readConfig(TebraProxyWorkerConfig, {
  REDIS_URL: url,
  PHI_KEY: secret,
  AUDIT_KEY: secret,
  ROLE: 'intake',
  TEBRA_URL: 'http://127.0.0.1:9/',
  TEBRA_ACCOUNTS: '{}',
  QUEUE_BYTES_MAX: String(Number.MAX_SAFE_INTEGER),
  PRACTICE_SHARE: '200',
  RATE_WRITE: unlimited,
})
const logger = createLogger(
  { service: 'bench', version: 'bench', level: 'info' },
  createLineWriter('/dev/null'),
)
const redis = connectCommands({ url, name: 'bench-intake' }, { onError: () => {} })
await untilReady(redis)
const ground = createGround({
  service: 'bench',
  config,
  redis,
  logger,
  metrics: createMetrics('bench'),
  now: Date.now,
})
const audit = auditLogs[log](redis, logger)
const { app } = await createTebraProxyWorker({ ...ground, audit }, config, {
  random: Math.random,
  consumer: 'bench',
  rssBytes: () => 0,
})
const { headers } = await signInTestUser(ground, { roles: ['front-desk'], practiceId })

let next = 0
async function submit(requests: number): Promise<void> {
  await inFlight(requests, width, async () => {
    const index = next
    next += 1
    const answer = await app.request('/tebra/requests', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ action, params: paramsOf(index) }),
    })
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
  })
}

let ended = 0
let wanted = { count: 0, reached: () => {} }
const loop = await openOurWorker({
  url,
  concurrency: width,
  whole: true,
  leaseMs: 10_000,
  openAudit: (redis) => auditLogs[log](redis, logger),
  onCall: () => Promise.resolve(),
  onEnd() {
    ended += 1
    if (ended === wanted.count) wanted.reached()
  },
})
const workedOff = (requests: number): Promise<void> =>
  new Promise((resolve) => {
    wanted = { count: ended + requests, reached: resolve }
    loop.start()
  })

const warmUp = Math.round(count / 5)
const submitted = await spentOn(redis, [warmUp, count], submit)
// One run of the loop: what it works off while it warms up is not timed apart.
const worked = await spentOn(redis, [0, warmUp + count], (requests) =>
  requests === 0 ? Promise.resolve() : workedOff(requests),
)
await loop.stop()
const answer: { submitted: AuditSpent; worked: AuditSpent } = { submitted, worked }
console.log(JSON.stringify(answer))
process.exit(0)
