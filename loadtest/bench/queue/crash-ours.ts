/** A worker that says when it begins a job; told to hold, it never ends one and waits to be killed. */
import { readInput } from '../harness/run-program.ts'
import { CrashInput, sayBegun } from './crash-program.ts'
import { openOurWorker } from './our-worker.ts'

const { url, hold } = readInput(CrashInput)
const loop = await openOurWorker({
  url,
  concurrency: 8,
  // The service's default (LEASE_MS).
  leaseMs: 10_000,
  whole: false,
  onCall: () => sayBegun(hold),
  onEnd: () => {},
})
loop.start()
