import { until } from '../processes/wait.ts'
import { connectCommands, untilReady } from '../redis/connect.ts'
import { createLock } from '../redis/lock.ts'
import { stepUnderLock } from './step-under-lock.ts'

/** A process of its own for the lock's test: takes it, waits for `go`, and makes a step under what it took. */
const [url = '', key = '', owner = '', heldMs = ''] = process.argv.slice(2)
const redis = connectCommands({ url, name: owner }, { onError: () => {} })
await untilReady(redis)
const hold = await createLock({ redis, key, owner, heldMs: Number(heldMs) }).take()
console.log(hold ? 'held' : 'not held')
await until('it may go on', async () => (await redis.get(`${key}:go`)) !== null, 60_000)
console.log(hold && (await stepUnderLock(redis, hold, owner)) ? 'stepped' : 'void')
redis.disconnect()
