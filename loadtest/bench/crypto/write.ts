/** Writes records to Redis, sealed or plain, 64 at once; each is one HSET of one field. */
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { inFlight } from '../queue/in-flight.ts'
import { openOurs } from '../queue/ours.ts'
import { noteOf, ProgramInput, recordKey } from './program-input.ts'

const practiceId = 'practice-0'
const { url, jobs, warmUp, sealed } = readInput(ProgramInput)
const { redis, cipher, dataKeys } = await openOurs(url)
await dataKeys.ensure(practiceId)
const meter = createMeter(jobs, warmUp)

await inFlight(jobs, 64, async (index) => {
  const key = recordKey(index)
  const note = noteOf(index)
  const stored = sealed ? await cipher.encrypt({ practiceId, key, field: 'note' }, note) : note
  await redis.hset(key, 'note', stored)
  meter.count()
})
console.log(JSON.stringify(await meter.complete))
process.exit(0)
