import { z } from 'zod'
import type { RedisClient } from '../../../lib/redis/connect.ts'

/** What some counted work cost: CPU of the program and of Redis (user and system), and the wall's time. */
export const AuditSpent = z.object({
  count: z.int(),
  programMs: z.number(),
  redisMs: z.number(),
  wallMs: z.number(),
})
export type AuditSpent = z.infer<typeof AuditSpent>

/** Runs `work` once to warm up, then counted, with another part of it. */
export async function spentOn(
  redis: RedisClient,
  [warmUp, counted]: readonly [number, number],
  work: (count: number) => Promise<void>,
): Promise<AuditSpent> {
  await work(warmUp)
  const before = await read(redis)
  await work(counted)
  const after = await read(redis)
  return {
    count: counted,
    programMs: after.programMs - before.programMs,
    redisMs: after.redisMs - before.redisMs,
    wallMs: after.wallMs - before.wallMs,
  }
}

async function read(redis: RedisClient) {
  const info = await redis.info('cpu')
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  const { user, system } = process.cpuUsage()
  return {
    programMs: (user + system) / 1_000,
    redisMs: (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1_000,
    wallMs: performance.now(),
  }
}
