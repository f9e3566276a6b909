import { z } from 'zod'

/** What one process spent on counted work: its own CPU (user and system, all threads) and the wall's time. */
export const Spent = z.object({ jobs: z.int(), cpuMs: z.number(), wallMs: z.number() })
export type Spent = z.infer<typeof Spent>

export const perCoreSecond = ({ jobs, cpuMs }: Spent): number => (jobs * 1_000) / cpuMs
export const perSecond = ({ jobs, wallMs }: Spent): number => (jobs * 1_000) / wallMs

/**
 * Counts work in the process that does it. The first `warmUp` pieces are done but neither timed nor counted, so that
 * both sides are measured with their code compiled.
 */
export function createMeter(total: number, warmUp: number) {
  let count = 0
  let from = read()
  const { promise: complete, resolve } = Promise.withResolvers<Spent>()
  return {
    complete,
    count(): void {
      count += 1
      if (count === warmUp) from = read()
      if (count !== total) return
      const until = read()
      resolve({ jobs: total - warmUp, cpuMs: until.cpuMs - from.cpuMs, wallMs: until.wallMs - from.wallMs })
    },
  }
}

function read() {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() }
}
