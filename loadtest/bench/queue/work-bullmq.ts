/** BullMQ's worker over the same jobs; it, too, writes an entry of a response stream for each. */
import { Redis } from 'ioredis'
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { type BullJob, bullName, bullResponses, connectBull, loadBullMq } from './bullmq.ts'
import { result, streamLength } from './payload.ts'
import { ProgramInput } from './program-input.ts'

const { url, jobs, warmUp, concurrency, client } = readInput(ProgramInput)
const bull = await loadBullMq()
const responses = new Redis(url, { enableAutoPipelining: true })
const meter = createMeter(jobs, warmUp)

const respond = async ({ id = '', data }: BullJob): Promise<unknown> => {
  const { practiceId, userId, correlationId } = data
  await responses.xadd(
    bullResponses,
    ...(['MAXLEN', '~', streamLength, '*'] as const),
    ...['requestId', id, 'practiceId', String(practiceId), 'userId', String(userId)],
    ...['correlationId', String(correlationId), 'status', 'success', 'timestamp', String(Date.now())],
    ...['result', JSON.stringify(result)],
  )
  return result
}

const worker = new bull.Worker(bullName, respond, {
  connection: connectBull(bull, url, client),
  concurrency,
  autorun: false,
})
worker.on('completed', meter.count)
worker.on('error', () => {})
await worker.waitUntilReady()
void worker.run()
console.log(JSON.stringify(await meter.complete))
process.exit(0)
