/** Works off what was added and says what that cost this process. */
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { openOurWorker } from './our-worker.ts'
import { ProgramInput } from './program-input.ts'

const { url, jobs, warmUp, concurrency, whole } = readInput(ProgramInput)
const meter = createMeter(jobs, warmUp)
const loop = await openOurWorker({
  url,
  concurrency,
  whole,
  leaseMs: 10_000,
  onCall: () => Promise.resolve(),
  onEnd: meter.count,
})
loop.start()
const spent = await meter.complete
await loop.stop()
console.log(JSON.stringify(spent))
process.exit(0)
