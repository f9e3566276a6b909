import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Holder = z.object({ pid: z.int(), processes: z.record(z.string(), z.int()) })
type Holder = z.infer<typeof Holder>

export interface StackLock {
  /** Writes down what was started, so that the next start can clear it away if this process is killed. */
  record(processes: Readonly<Record<string, number>>): Promise<void>
  release(): Promise<void>
}

/**
 * Two stacks on one folder would write to one append-only file: the first one holds this lock. What a killed
 * process has left running is ended first.
 */
export async function lockStack(folder: string, pid: number): Promise<StackLock> {
  const file = join(folder, 'stack.json')
  await mkdir(folder, { recursive: true })
  const before = await readHolder(file)
  if (before && before.pid !== pid && commandOf(before.pid).includes('start.ts'))
    throw new Error(
      `A stack is already running on ${folder} (process ${before.pid}). Stop it first: Ctrl-C there, or kill ${before.pid}`,
    )
  if (before) await endOrphans(before)
  const write = (processes: Holder['processes']) => writeFile(file, JSON.stringify({ pid, processes }))
  await write({})
  return { record: write, release: () => rm(file, { force: true }) }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return Holder.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined
  }
}

/** A process id may have been given to somebody else meanwhile: only what still is one of ours is ended. */
async function endOrphans({ processes }: Holder): Promise<void> {
  const ours = Object.values(processes).filter((pid) => /redis-server|\.ts$/.test(commandOf(pid)))
  for (const pid of ours) process.kill(pid, 'SIGTERM')
  const deadline = performance.now() + 8_000
  while (ours.some((pid) => commandOf(pid) !== '') && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50))
}

/** The command line of a process, or nothing when there is none. */
const commandOf = (pid: number): string =>
  spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
