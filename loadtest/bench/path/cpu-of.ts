import { readFile } from 'node:fs/promises'
import type { BenchStack } from './bench-stack.ts'

/** proc(5): utime and stime count in these; it is 100 a second on every Linux that Bun runs on. */
const ticksPerSecond = 100

/** CPU seconds that each process of the stack has used so far, by name; empty where there is no /proc. */
export async function cpuOf(stack: BenchStack): Promise<Map<string, number>> {
  const children = [...stack.processes, ['redis', stack.redis.child] as const]
  const used = await Promise.all(
    children.map(async ([name, { process }]) => [name, await secondsOf(process.pid)] as const),
  )
  return new Map(used)
}

async function secondsOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
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
