import { cpuSecondsOf } from '../harness/process-figures.ts'
import type { BenchStack } from './bench-stack.ts'

/** CPU seconds that each process of the stack has used so far, by name; empty where there is no /proc. */
export async function cpuOf(stack: BenchStack): Promise<Map<string, number>> {
  const children = [...stack.processes, ['redis', stack.redis.child] as const]
  const used = await Promise.all(
    children.map(async ([name, { process }]) => [name, await cpuSecondsOf(process.pid)] as const),
  )
  return new Map(used)
}

/** What each process used between two readings, in ms of CPU for one of `requests`. */
export function cpuSaid(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  requests: number,
): string {
  return [...after]
    .map(
      ([name, seconds]) => `${name} ${(((seconds - (before.get(name) ?? 0)) * 1_000) / requests).toFixed(2)}`,
    )
    .join(', ')
}
