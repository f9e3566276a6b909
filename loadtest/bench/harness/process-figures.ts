import { readFile } from 'node:fs/promises'

/** proc(5): utime and stime count in these; it is 100 a second on every Linux that Bun runs on. */
const ticksPerSecond = 100

/** CPU seconds (user and system, all threads) that a process has used so far; 0 where there is no /proc. */
export async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
}

/** KB of memory that are a process's own: what it shares with others (code, libraries) is not in it. */
export async function privateKbOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)
  return kb('Private_Clean') + kb('Private_Dirty')
}
