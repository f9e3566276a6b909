/** Adds requests one by one through the intake's desk: sealed params, record, entry, status event, histories. */
import { randomUUIDv7 } from 'node:crypto'
import { createPartitions } from '../../../lib/redis/partitions.ts'
import { createRequestDesk } from '../../../services/tebra-proxy-worker/intake/request-desk.ts'
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { inFlight } from './in-flight.ts'
import { benchKey, openOurs } from './ours.ts'
import { action, idsKey, paramsOf, practiceOf, practices } from './payload.ts'
import { ProgramInput } from './program-input.ts'

/** As the service has it by default. */
const practiceShare = 200
const { url, jobs, warmUp, concurrency } = readInput(ProgramInput)
const { redis, cipher, dataKeys } = await openOurs(url)
for (const practice of practices) await dataKeys.ensure(practice)
const desk = createRequestDesk({
  redis,
  partitions: createPartitions(1),
  cipher,
  laneKey: benchKey,
  limits: { queueBytesMax: Number.MAX_SAFE_INTEGER, retentionMs: 3_600_000, practiceShare },
})
const userId = randomUUIDv7()
const ids: string[] = []
const meter = createMeter(jobs, warmUp)

await inFlight(jobs, concurrency, async (index) => {
  const submission = await desk.submit({
    id: randomUUIDv7(),
    action,
    params: paramsOf(index),
    practiceId: practiceOf(index),
    userId,
    correlationId: randomUUIDv7(),
    idempotencyKey: undefined,
    priority: 'interactive',
  })
  if (submission.kind !== 'accepted') throw new Error(`a request was not accepted: ${submission.kind}`)
  ids.push(submission.id)
  meter.count()
})
const spent = await meter.complete
while (ids.length > 0) await redis.rpush(idsKey, ...ids.splice(0, 1_000))
console.log(JSON.stringify(spent))
process.exit(0)
