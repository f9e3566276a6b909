import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventBus } from '#lib/bus/event-bus.ts'
import { until } from '#lib/processes/wait.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { startTestCluster, type TestCluster } from '#lib/testing/cluster.ts'
import { listen, resyncs, type Streams, startStreams } from './testing/stream.ts'

const partitions = createPartitions(3)
const practices = Array.from({ length: 12 }, (_, n) => `clinic-${n}`)
let cluster: TestCluster
let streams: Streams
beforeAll(async () => {
  cluster = await startTestCluster()
  streams = await startStreams(cluster, { QUEUE_PARTITIONS: '3' })
})
afterAll(async () => {
  await streams.stop()
  await cluster.stop()
})

test('on a Cluster each practice hears its own events, live and replayed, whichever slot holds them', async () => {
  const bus = createEventBus({ ...streams.ground, partitions })
  const query = '?streams=agent_updates'
  for (const practiceId of practices) {
    const program = await streams.signIn({ practiceId, roles: ['operator'] })
    const append = async () => {
      const appended = await bus.append(
        { practiceId, stream: 'agent_updates', event: 'test', data: {} },
        'once',
      )
      return 'id' in appended ? appended.id : ''
    }
    const client = await listen(streams.url, program, { query })
    const id = await append()
    expect(await append()).toBe(id)
    await until('it hears', () => client.named('agent_updates').length === 1)
    client.leave()
    const all = await listen(streams.url, program, { query: `${query}&from=beginning` })
    expect([all.named('agent_updates').map(({ data }) => JSON.parse(data).id), resyncs(all)]).toEqual([
      [id],
      [],
    ])
    const back = await listen(streams.url, program, { query, lastEventId: client.lastEventId() })
    expect([back.named('agent_updates'), resyncs(back)]).toEqual([[], []])
    for (const one of [all, back]) one.leave()
  }
  expect(new Set(practices.map((practiceId) => partitions.of(practiceId))).size).toBe(3)
}, 60_000)
