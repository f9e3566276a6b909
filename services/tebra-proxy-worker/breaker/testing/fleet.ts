import { createLogger } from '#lib/observability/logger.ts'
import { connectCommands, connectSubscriber, disconnect, untilReady } from '#lib/redis/connect.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import type { TestRedis } from '#lib/testing/redis.ts'
import type { UpstreamFailure } from '../../upstream/error-classes.ts'
import { UpstreamError } from '../../upstream/upstream-error.ts'
import type { Breaker } from '../breaker.ts'
import { createFleetBreaker, type FleetBreaker } from '../fleet-breaker.ts'

export interface Member extends FleetBreaker {
  readonly name: string
  /** As a process that is killed: it says nothing more and gives nothing back. */
  kill(): void
}

export interface FleetOptions {
  readonly failures?: number
  readonly waitMs?: number
  readonly pollMs?: number
  readonly leaseMs?: number
  /** Without messages only the polls tell. */
  readonly messages?: boolean
  readonly url?: string
}

/** Breakers that stand for as many workers, each with connections of its own, and all they have logged. */
export async function startFleet(redis: TestRedis, size: number, options: FleetOptions = {}) {
  const { url = redis.url, messages = true, ...settings } = options
  const lines: { severity: string; message: string; worker: string }[] = []
  const closers: (() => void)[] = []

  const join = async (name: string): Promise<Member> => {
    const commands = connectCommands({ url, name }, { onError: () => {} })
    const subscriber = messages ? connectSubscriber({ url, name }, { onError: () => {} }) : undefined
    await Promise.all([untilReady(commands), subscriber && untilReady(subscriber)])
    const logger = createLogger(
      { service: name, version: 'test', level: 'info' },
      { write: (line) => lines.push({ ...JSON.parse(line), worker: name }) },
    )
    const breaker = createFleetBreaker({
      redis: commands,
      ...(subscriber && { subscriber }),
      form: 'soap',
      worker: name,
      logger,
      now: Date.now,
      failures: 3,
      waitMs: 200,
      pollMs: 50,
      leaseMs: 1_000,
      ...settings,
    })
    // What a worker's heartbeat writes.
    await redis.redis.zadd(fleetKeys.workers, Date.now(), name)
    await breaker.start()
    const kill = () => disconnect(commands, ...(subscriber ? [subscriber] : []))
    closers.push(kill)
    return Object.assign(breaker, { name, kill })
  }

  const members = await Promise.all(Array.from({ length: size }, (_, index) => join(`worker-${index}`)))
  return {
    members,
    join,
    lines,
    alerts: async () =>
      (await redis.redis.xrange(fleetKeys.alerts, '-', '+')).map(
        ([, fields]) => `${fields[1]} ${fields[3]}: ${fields[9]}`,
      ),
    async stop() {
      await Promise.all(members.map((member) => member.stop()))
      for (const close of closers) close()
    },
  }
}
export type Fleet = Awaited<ReturnType<typeof startFleet>>

export const well = async (): Promise<string> => 'answer'
export const failWith = (reason: UpstreamFailure) => async (): Promise<never> => {
  throw new UpstreamError(reason, { operation: 'GetPatient' })
}
export const unwell = failWith('server-error')

/** `times` calls one after the other, whatever they come to; answers the names of their errors. */
export async function call(breaker: Breaker, run: () => Promise<unknown>, times = 1): Promise<string[]> {
  const names: string[] = []
  for (let made = 0; made < times; made += 1)
    names.push(
      await breaker.call(run).then(
        () => 'none',
        (error: Error) => error.name,
      ),
    )
  return names
}

/** A call that ends when the test says so. */
export function held<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  return { run: () => promise, resolve, reject }
}
