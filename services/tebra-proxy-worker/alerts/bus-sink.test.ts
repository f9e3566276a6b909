import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventBus } from '#lib/bus/event-bus.ts'
import { toldEvents } from '#lib/bus/testing/told-events.ts'
import type { Alert } from '#lib/contract/alerts.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { onePartition } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createBusSink } from './bus-sink.ts'

let redis: TestRedis
let ground: ServiceGround
beforeAll(async () => {
  redis = await startTestRedis()
  ground = await openTestGround('test', redis)
  for (const practiceId of ['north', 'south']) await ground.dataKeys.ensure(practiceId)
})
afterAll(async () => {
  disconnect(ground.redis)
  await redis.stop()
})

const at = '2026-11-21T10:00:00.000Z'
const alert = (more: Partial<Alert>): Alert => ({
  id: '1-0',
  phase: 'started',
  kind: 'breaker',
  subject: 'soap',
  reason: 'failures',
  since: at,
  at,
  ...more,
})
const sink = () =>
  createBusSink({
    bus: createEventBus({ ...ground, partitions: onePartition }),
    practices: ['north', 'south', 'without-users'],
  })
const told = async (practiceId: string) =>
  (await toldEvents(ground, practiceId)).map(({ stream, event, data }) => [stream, event, data.id])

test('what concerns all is told to the operators of each practice, what concerns one to its own, each once', async () => {
  const everybody = alert({ id: '1-0' })
  await sink().tell(everybody)
  await sink().tell(everybody)
  await sink().tell(alert({ id: '2-0', kind: 'dead-letters', subject: 'south', practiceId: 'south' }))
  await sink().tell(alert({ id: '3-0', phase: 'ended' }))
  const common = [
    ['ops:alerts', 'alert.started', '1-0'],
    ['ops:alerts', 'alert.ended', '3-0'],
  ]
  expect(await told('north')).toEqual(common)
  expect(await told('south')).toEqual([common[0], ['ops:alerts', 'alert.started', '2-0'], common[1]])
  expect(await told('without-users')).toEqual([])
})
