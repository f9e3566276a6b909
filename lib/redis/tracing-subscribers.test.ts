import { tracingChannel } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import './tracing-subscribers.ts'

test('a tracing channel says whether anybody listens, so that ioredis traces for nobody', () => {
  const channel = tracingChannel('ioredis:command')
  expect(channel.hasSubscribers).toBe(false)
  const listeners = { start() {} } as unknown as Parameters<typeof channel.subscribe>[0]
  channel.subscribe(listeners)
  expect(channel.hasSubscribers).toBe(true)
  channel.unsubscribe(listeners)
  expect(channel.hasSubscribers).toBe(false)
})
