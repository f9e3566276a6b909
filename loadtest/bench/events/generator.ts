import { until } from '../../../lib/processes/wait.ts'
import { cores } from '../harness/pinning.ts'
import { startProgram } from '../harness/run-program.ts'
import { Heard, type ListenInput, Milestone } from './listen-input.ts'
import type { RunningHub } from './sides.ts'

export interface Generator {
  /** Resolves when the generator has come so far. */
  reached(milestone: 'open' | 'reconnected'): Promise<void>
  /** Ends it and answers what it heard. */
  heard(): Promise<Heard>
}

type Load = Pick<ListenInput, 'connections'> & Partial<ListenInput>

/** The load generator, on Redis' core. */
export function startGenerator({ port, path, file }: RunningHub, load: Load): Generator {
  const input: ListenInput = {
    port,
    path,
    ...(file !== undefined && { file }),
    reconnects: 0,
    reconnectsPerSecond: 1,
    stalled: false,
    ...load,
  }
  const child = startProgram(new URL('./listen.ts', import.meta.url), input, cores.redis)
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  let over = false
  void child.exited.then(() => {
    over = true
  })
  const milestones = () => lines.flatMap((line) => Milestone.safeParse(parsed(line)).data?.milestone ?? [])
  return {
    reached: (milestone) =>
      until(
        `the generator is ${milestone}`,
        () => {
          if (over) throw new Error(`the generator ended:\n${lines.slice(-10).join('\n')}`)
          return milestones().includes(milestone)
        },
        120_000,
      ),
    async heard() {
      await child.end('SIGUSR2')
      await until('the generator’s last line is read', () => Heard.safeParse(parsed(lines.at(-1))).success)
      return Heard.parse(parsed(lines.at(-1)))
    },
  }
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? 'null')
  } catch {
    return undefined
  }
}
