import { z } from 'zod'
import { CommonConfig, QueuePartitions, readConfig } from '#lib/config/read-config.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { changePartitions } from '../../services/tebra-proxy-worker/queue/move-practices.ts'

/** `npm run partitions -- 4`, with the operator's REDIS_URL: changes the number of the queue's partitions. */
const drainMs = 10 * 60_000

async function run(argument: string | undefined): Promise<void> {
  const target = QueuePartitions.safeParse(argument)
  if (argument === undefined || !target.success) throw new Error('npm run partitions -- <1 to 64>')
  const config = readConfig(
    CommonConfig.pick({ REDIS_URL: true, REDIS_TOPOLOGY: true, REDIS_SENTINEL_NAME: true }),
    process.env,
  )
  const redis = connectCommands(redisAt(config, 'partitions'), { onError: () => {} })
  try {
    await untilReady(redis)
    const say = (line: string) => process.stdout.write(`${line}\n`)
    await changePartitions({ redis, say, drainMs, owner: crypto.randomUUID() }, target.data)
  } finally {
    disconnect(redis)
  }
}

run(z.string().optional().parse(process.argv[2])).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
