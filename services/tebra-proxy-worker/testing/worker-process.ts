import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '#lib/processes/child.ts'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import type { TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, serviceEnv } from './proxy.ts'

export interface WorkerProcess extends Child {
  /** Its name in the fleet. */
  readonly name: string
  /** What it has logged so far. */
  readonly lines: readonly string[]
}

const server = fileURLToPath(new URL('../server.ts', import.meta.url))

/** A worker in a process of its own, over the test's Redis and a simulator, as soon as it is one of the fleet. */
export async function startWorkerProcess(
  redis: TestRedis,
  simulator: Pick<Simulator, 'url'>,
  env: Readonly<Record<string, string>> = {},
): Promise<WorkerProcess> {
  const child = startChild(process.execPath, [server], {
    env: {
      PATH: process.env.PATH ?? '',
      ROLE: 'worker',
      PORT: '0',
      HOST: '127.0.0.1',
      ...serviceEnv(redis, simulator),
      ...env,
    },
  })
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  const nameInFleet = async () => {
    if (child.process.exitCode !== null) throw new Error(`the worker ended:\n${lines.join('\n')}`)
    const names = await redis.redis.zrange(fleetKeys.workers, '0', '-1')
    return names.find((one) => one.includes(`-${child.process.pid}-`))
  }
  try {
    await until('it is one of the fleet', async () => (await nameInFleet()) !== undefined, 20_000)
    return { ...child, lines, name: (await nameInFleet()) ?? '' }
  } catch (error) {
    await child.end('SIGKILL')
    throw error
  }
}
