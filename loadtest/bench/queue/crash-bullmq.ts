/** BullMQ's worker with its defaults: a lock of 30 s, a look for stalled jobs every 30 s. */
import { Redis } from 'ioredis'
import { readInput } from '../harness/run-program.ts'
import { bullName, bullResponses, connectBull, loadBullMq } from './bullmq.ts'
import { CrashInput, sayBegun } from './crash-program.ts'

const { url, hold } = readInput(CrashInput)
const bull = await loadBullMq()
const responses = new Redis(url)
const worker = new bull.Worker(
  bullName,
  async ({ id = '' }) => {
    await sayBegun(hold)
    await responses.xadd(bullResponses, '*', 'requestId', id)
  },
  { connection: connectBull(bull, url, 'ioredis'), concurrency: 8 },
)
worker.on('error', () => {})
