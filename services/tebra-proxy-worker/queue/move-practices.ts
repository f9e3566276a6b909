import { setTimeout as sleep } from 'node:timers/promises'
import { mastersOf, type RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys, type QueueKeys, queueKeysIn } from '#lib/redis/keys.ts'
import { createLock } from '#lib/redis/lock.ts'
import { createPartitions } from '#lib/redis/partitions.ts'

interface Deps {
  readonly redis: RedisClient
  readonly say: (line: string) => void
  /** Names this run, so that of two only one moves anything. */
  readonly owner: string
  /** How long what is under way may take to end; ms. */
  readonly drainMs: number
}

/** The number cannot be changed now; nothing is moved, and the queue takes requests as before. */
export class NotDrained extends Error {
  override readonly name = 'NotDrained'
}

const lockMs = 30_000
const drainPollMs = 50

/**
 * Changes the number of the queue's partitions: closes the intake (503 `queue-moving`), waits until every accepted
 * request has ended, moves the practices whose partition changes (records, histories, dead letters, idempotency marks),
 * and opens the intake for services that are told the new number. Killed in between it is run again and goes on.
 * Caches and learnt intervals are not moved; clients of moved practices are told to resync.
 */
export async function changePartitions(deps: Deps, target: number): Promise<void> {
  const { redis, say, drainMs, owner } = deps
  const lock = createLock({ redis, key: fleetKeys.partitionsLock, owner, heldMs: lockMs })
  const keepLock = async () => {
    if (!(await lock.take())) throw new Error('another run is changing the partitions')
  }
  await keepLock()
  const held = (await redis.get(queueKeysIn(0).partitions)) ?? '1'
  const [, from = held, to = String(target)] = /^moving:(\d+):(\d+)$/.exec(held) ?? []
  if (Number(to) !== target)
    throw new Error(`a change from ${from} to ${to} is unfinished: finish that first`)
  if (from === to) return say(`The queue has ${to} partition(s) already.`)

  const before = createPartitions(Number(from)).all
  const after = createPartitions(target)
  await setNumber(redis, before.length > target ? before : after.all, `moving:${from}:${to}`)
  say('The intake is closed; waiting for what is under way …')
  if (!(await isDrained(redis, before, drainMs, keepLock))) {
    await setNumber(redis, before, from)
    throw new NotDrained(`requests were still under way after ${drainMs} ms; nothing was moved`)
  }

  let moved = 0
  for (const keys of before)
    for await (const page of pagesOf(redis, keys)) {
      await keepLock()
      for (const key of page) moved += await moveKey(redis, key, keys, after)
    }
  for (const keys of before.slice(target))
    for await (const page of pagesOf(redis, keys)) for (const key of page) await redis.unlink(key)
  await setNumber(redis, after.all, to)
  await lock.free()
  say(`Moved ${moved} keys. Start the services with QUEUE_PARTITIONS=${to}.`)
}

async function isDrained(
  redis: RedisClient,
  partitions: readonly QueueKeys[],
  withinMs: number,
  keepLock: () => Promise<void>,
): Promise<boolean> {
  for (
    const deadline = performance.now() + withinMs;
    performance.now() < deadline;
    await sleep(drainPollMs)
  ) {
    await keepLock()
    const open = await Promise.all(partitions.map((keys) => redis.zcard(keys.open)))
    if (open.every((count) => count === 0)) return true
  }
  return false
}

async function setNumber(redis: RedisClient, all: readonly QueueKeys[], number: string): Promise<void> {
  for (const keys of all) await redis.set(keys.partitions, number)
}

const tagOf = ({ requests }: QueueKeys) => requests.slice(0, -'requests'.length)
const nameOf = (keys: QueueKeys, key: string) => key.slice(tagOf(keys).length).split(':')

/** Whose key it is; undefined for what belongs to the partition itself. */
async function practiceOf(redis: RedisClient, keys: QueueKeys, key: string): Promise<string | undefined> {
  const [kind = '', name] = nameOf(keys, key)
  if (kind === 'request') return (await redis.hget(key, 'practiceId')) ?? undefined
  return ['dead', 'event-idem', 'events', 'history', 'idem', 'practice'].includes(kind) ? name : undefined
}

/** → how many keys were moved. What a drained queue does not need any more is deleted. */
async function moveKey(
  redis: RedisClient,
  key: string,
  from: QueueKeys,
  after: ReturnType<typeof createPartitions>,
): Promise<0 | 1> {
  const practiceId = await practiceOf(redis, from, key)
  if (practiceId === undefined) return 0
  const [kind] = nameOf(from, key)
  const to = after.of(practiceId)
  if (tagOf(to) === tagOf(from)) return 0
  const there = tagOf(to) + key.slice(tagOf(from).length)
  const [value, ttl] = await Promise.all([redis.dumpBuffer(key), redis.pttl(key)])
  if (value !== null && kind !== 'practice') {
    await redis.restore(there, Math.max(0, ttl), value, 'REPLACE')
    if (kind === 'request') await rename(redis, there, from, to)
  }
  await redis.unlink(key)
  return kind === 'practice' ? 0 : 1
}

/** A record names its queue, its practice's line and its lane by key; a dead letter is requeued by those. */
async function rename(redis: RedisClient, record: string, from: QueueKeys, to: QueueKeys): Promise<void> {
  const places = ['queue', 'practiceQueue', 'lane']
  const named = await redis.hmget(record, ...places)
  const renamed = places.flatMap((place, index) => {
    const old = named[index]
    return old ? [place, tagOf(to) + old.slice(tagOf(from).length)] : []
  })
  if (renamed.length > 0) await redis.hset(record, ...renamed)
}

async function* pagesOf(redis: RedisClient, keys: QueueKeys): AsyncGenerator<string[]> {
  for (const node of mastersOf(redis)) {
    let cursor = '0'
    do {
      const [next, page] = await node.scan(cursor, 'MATCH', `${tagOf(keys)}*`, 'COUNT', 500)
      cursor = next
      yield page
    } while (cursor !== '0')
  }
}
