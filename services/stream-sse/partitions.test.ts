import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { listen, publishResponse, type Streams, startStreams } from './testing/stream.ts'

const partitions = createPartitions(3)
const inPartition = (index: number): string => {
  const names = Array.from({ length: 40 }, (_, name) => `clinic-${name}`)
  return names.find((id) => partitions.of(id) === partitions.all[index]) ?? ''
}

let redis: TestRedis
let streams: Streams
let first: TestSession
let second: TestSession
beforeAll(async () => {
  redis = await startTestRedis()
  streams = await startStreams(redis, { QUEUE_PARTITIONS: '3' })
  first = await streams.signIn({ practiceId: inPartition(0) })
  second = await streams.signIn({ practiceId: inPartition(2) })
})
afterAll(async () => {
  await streams.stop()
  await redis.stop()
})

const publish = (to: TestSession) => publishResponse(streams, to, { ok: true }, partitions.of(to.practiceId))

test('a listener gets the events of the partition that has the practice, live and replayed', async () => {
  for (const person of [first, second]) {
    const live = await listen(streams.url, person)
    const one = await publish(person)
    await until('it is told', () => live.ids().length === 1)
    live.leave()
    const missed = await publish(person)
    const back = await listen(streams.url, person, { lastEventId: live.lastEventId() })
    expect(live.ids()).toEqual([one])
    expect(back.ids()).toEqual([missed])
    expect(back.named('resync')).toEqual([])
    back.leave()
  }
})

test('an event in another partition than the practice’s own reaches nobody', async () => {
  const live = await listen(streams.url, second)
  await publishResponse(streams, second, {}, partitions.of(first.practiceId))
  const own = await publish(second)
  await until('the own one is told', () => live.ids().length > 0)
  expect(live.ids()).toEqual([own])
  live.leave()
})

test('a cursor of another partition is no history of this one: the client is told to read anew', async () => {
  const there = await listen(streams.url, first)
  await publish(first)
  await until('it is told', () => there.ids().length === 1)
  const here = await listen(streams.url, second, { lastEventId: there.lastEventId() })
  expect(here.named('resync')).toHaveLength(1)
  expect(here.ids()).toEqual([])
  for (const listening of [there, here]) listening.leave()
})

test('what one partition loses is told to its own listeners and to nobody else', async () => {
  const [hit, spared] = [await listen(streams.url, second), await listen(streams.url, first)]
  const { status, responses, epoch } = partitions.of(second.practiceId)
  await redis.redis.del(status, responses, epoch)
  await until('the loss is told', () => hit.named('resync').length === 1)
  await publish(first)
  await until('the others go on', () => spared.ids().length === 1)
  expect(spared.named('resync')).toEqual([])
  for (const listening of [hit, spared]) listening.leave()
})

test('an instance that was told another number of partitions is not ready', async () => {
  await redis.redis.set(partitions.all[0]?.partitions ?? '', '2')
  expect((await fetch(`${streams.url}/readyz`)).status).toBe(503)
  await redis.redis.set(partitions.all[0]?.partitions ?? '', '3')
  expect((await fetch(`${streams.url}/readyz`)).status).toBe(200)
})
