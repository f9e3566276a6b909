import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Redis and the program each have a core of their own, so that neither's work is counted as the other's wait. */
export const cores = { redis: 0, program: 1 } as const
export type Core = (typeof cores)[keyof typeof cores]

export const canPin: boolean =
  availableParallelism() > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0

export const pinningSaid = canPin
  ? `Redis runs on core ${cores.redis}, the program on core ${cores.program} (taskset)`
  : 'NOT PINNED: taskset or a second core is missing, so figures are noisier'

/** The command that runs on the core; itself where nothing can be pinned. */
export const pinned = (
  core: Core,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] => (canPin ? ['taskset', '-c', String(core), ...command] : command)

/** Moves a running process with all its threads to the core. */
export function pin(pid: number | undefined, core: Core): void {
  if (canPin && pid !== undefined)
    spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
}
