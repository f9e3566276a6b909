import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Two stacks on one folder would write to one append-only file: the first one holds this lock. */
export async function lockStack(folder: string, pid: number): Promise<{ release(): Promise<void> }> {
  const file = join(folder, 'stack.pid')
  await mkdir(folder, { recursive: true })
  const holder = Number(await readFile(file, 'utf8').catch(() => '0'))
  if (holder > 0 && holder !== pid && lives(holder))
    throw new Error(
      `A stack is already running on ${folder} (process ${holder}). Stop it first, with Ctrl-C or: kill ${holder}`,
    )
  await writeFile(file, String(pid))
  return { release: () => rm(file, { force: true }) }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
