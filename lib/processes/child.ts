import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A running child process: its lines of output as they come, and ends that wait until it is gone. */
export interface Child {
  readonly process: ChildProcess
  readonly exited: Promise<number>
  onLine(listener: (line: string) => void): void
  /** Sends a signal and resolves when the process is gone. */
  end(signal?: NodeJS.Signals): Promise<void>
}

interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export function startChild(command: string, args: readonly string[], options: Options = {}): Child {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
  const listeners: ((line: string) => void)[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      for (const listener of listeners) listener(line)
    })
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1))
    child.once('error', () => resolve(127))
  })
  return {
    process: child,
    exited,
    onLine: (listener) => listeners.push(listener),
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
    },
  }
}
