/** BullMQ's worker over the same jobs; it, too, writes an entry of a response stream for each. */
import { Redis } from 'ioredis'
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { type BullJob, bullName, bullResponses, connectBull, loadBullMq } from './bullmq.ts'
import { result, streamLength } from './payload.ts'
import { ProgramInput } from './program-input.ts'
import { openSeal } from './seal-bullmq.ts'

const { url, jobs, warmUp, concurrency, client, sealed } = readInput(ProgramInput)
const bull = await loadBullMq()
const responses = new Redis(url, { enableAutoPipelining: true })
const seal = sealed ? await openSeal(url) : undefined
const meter = createMeter(jobs, warmUp)

const respond = async ({ id = '', data }: BullJob): Promise<unknown> => {
  const { practiceId, userId, correlationId } = data
  const job = { practiceId: String(practiceId), correlationId: String(correlationId) }
  if (seal) await seal.open(job, 'params', String(data.params))
  const answer = seal ? await seal.close(job, 'result', result) : result
  await responses.xadd(
    bullResponses,
    ...(['MAXLEN', '~', streamLength, '*'] as const),
    ...['requestId', id, 'practiceId', job.practiceId, 'userId', String(userId)],
    ...['correlationId', job.correlationId, 'status', 'success', 'timestamp', String(Date.now())],
    ...['result', typeof answer === 'string' ? answer : JSON.stringify(answer)],
  )
  return answer
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
