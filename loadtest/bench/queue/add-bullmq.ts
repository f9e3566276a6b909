/** Adds jobs one by one by `Queue.add`, commands of one turn of the loop sent together. */
import { randomUUIDv7 } from 'node:crypto'
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { bullName, connectBull, loadBullMq } from './bullmq.ts'
import { inFlight } from './in-flight.ts'
import { action, paramsOf, practiceOf } from './payload.ts'
import { ProgramInput } from './program-input.ts'
import { openSeal } from './seal-bullmq.ts'

const { url, jobs, warmUp, concurrency, client, sealed } = readInput(ProgramInput)
const bull = await loadBullMq()
const queue = new bull.Queue(bullName, { connection: connectBull(bull, url, client) })
await queue.waitUntilReady()
const userId = randomUUIDv7()
const seal = sealed ? await openSeal(url) : undefined
const meter = createMeter(jobs, warmUp)

await inFlight(jobs, concurrency, async (index) => {
  const job = {
    practiceId: practiceOf(index),
    userId,
    correlationId: randomUUIDv7(),
    params: paramsOf(index),
  }
  const data = seal ? { ...job, params: await seal.close(job, 'params', job.params) } : job
  await queue.add(action, data, { attempts: 5 })
  meter.count()
})
console.log(JSON.stringify(await meter.complete))
process.exit(0)
