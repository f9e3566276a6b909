import type { Child } from '../../../lib/processes/child.ts'
import { until } from '../../../lib/processes/wait.ts'
import { startFreshRedis } from '../harness/fresh-redis.ts'
import { Spent } from '../harness/meter.ts'
import { cores } from '../harness/pinning.ts'
import { runProgram, startProgram } from '../harness/run-program.ts'
import { begun } from './crash-program.ts'
import { type Proof, proveBullMq, proveOurs } from './proof.ts'
import type { Side } from './sides.ts'

export interface Crash {
  /** From the kill to the moment the same job runs again. */
  readonly seconds: number
  readonly proof: Proof
}

const script = (name: string) => new URL(`./${name}.ts`, import.meta.url)
const programs = {
  ours: { add: script('add-ours'), worker: script('crash-ours'), prove: proveOurs },
  peer: { add: script('add-bullmq'), worker: script('crash-bullmq'), prove: proveBullMq },
} as const

/** Later than any of the two can need: twice BullMQ's interval, and its lock. */
const giveUpMs = 100_000
/** Long enough for the job, once it ran again, to be ended twice if it ever were. */
const afterwardsMs = 2_000

/**
 * One job, one worker killed with −9 in the middle of it, another that stands by from the start. `phaseMs` is how long
 * the latter has stood by when the job begins: BullMQ looks for stalled jobs at fixed times, so it matters to it.
 */
export async function crashOnce(side: Side, phaseMs: number): Promise<Crash> {
  const redis = await startFreshRedis()
  const { add, worker, prove } = programs[side]
  const workers: Child[] = []
  const start = (hold: boolean) => {
    const child = startProgram(worker, { url: redis.url, hold }, cores.redis)
    workers.push(child)
    const seen = { begunAt: undefined as number | undefined, child }
    child.onLine((line) => {
      if (line === begun) seen.begunAt ??= performance.now()
    })
    return seen
  }
  try {
    const holder = start(true)
    await sleep(3_000)
    await runProgram(
      add,
      { url: redis.url, jobs: 1, warmUp: 1, concurrency: 1 },
      { core: cores.redis, schema: Spent },
    )
    await until('the first worker has the job in hand', () => holder.begunAt !== undefined)
    // It stands by from here on, and its first look for stalled jobs is now.
    const standby = start(false)
    await sleep(phaseMs)
    const killedAt = performance.now()
    await holder.child.end('SIGKILL')
    await until('the job runs again', () => standby.begunAt !== undefined, giveUpMs)
    await sleep(afterwardsMs)
    return {
      seconds: ((standby.begunAt ?? Number.NaN) - killedAt) / 1_000,
      proof: await prove(redis.url, 1),
    }
  } finally {
    await Promise.all(workers.map((child) => child.end('SIGKILL')))
    await redis.stop()
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
