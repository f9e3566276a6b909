import { expect, test } from 'vitest'
import { parseEntryId, startOfTime } from './cursor.ts'
import type { ReadyEvent } from './encode-events.ts'
import { joined, readyFrame } from './frames.ts'
import { HeldEvents } from './held-events.ts'
import { type StreamEnd, Subscriber } from './subscriber.ts'

const encoder = new TextEncoder()
const event = (id: string, options: { key?: string; bytes?: number } = {}): ReadyEvent => ({
  event: { source: 'tebra:status', id: parseEntryId(id), stream: 'tebra:status', audience: 'a', flat: [] },
  frame: encoder.encode(`<${id}${'.'.repeat(options.bytes ?? 0)}>`),
  key: options.key,
})

/** A live stream, with its history told up to `told` and live events handed out up to `handedOut`. */
function openLive(options: { told?: string; handedOut?: () => string } = {}) {
  const ends: StreamEnd[] = []
  const at = (id: string) => ({ ...startOfTime, 'tebra:status': parseEntryId(id) })
  const stream = new Subscriber({
    listener: { practiceId: 'north', userId: 'u', tokenHash: 't' },
    streams: ['tebra:status'],
    rotateAt: 0,
    handedOut: () => at(options.handedOut?.() ?? '9-0'),
    cursorFrame: () => encoder.encode('<cursor>'),
    onEnd: (end) => ends.push(end),
  })
  stream.goLive(at(options.told ?? '0-0'), readyFrame([]))
  const deliver = (...events: ReadyEvent[]) =>
    stream.deliver(events, joined(events.map(({ frame }) => frame)))
  const text = async () => (await new Response(stream.body).text()).replace(/event: ready\ndata: .*\n\n/, '')
  return { stream, ends, deliver, text }
}

test('an event between the end of a session and the goodbye is not written', async () => {
  const { stream, deliver, text, ends } = openLive()
  deliver(event('1-0'))
  stream.mute()
  deliver(event('2-0'))
  stream.bye('session-ended', 0)
  deliver(event('3-0'))
  expect(await text()).toMatch(/^<1-0>retry: 0\nevent: bye\n/)
  expect(ends).toEqual(['session-ended'])
})

test('what came while the session was looked at is written once it may, in order', async () => {
  const { stream, deliver, text } = openLive()
  stream.mute()
  deliver(event('1-0'), event('2-0'))
  stream.unmute()
  deliver(event('3-0'))
  stream.bye('rotated', 5)
  expect(await text()).toMatch(/^<1-0><2-0><3-0><cursor>retry: 5\n/)
})

test('a live event that history has told already is left out, until live events have passed it', async () => {
  let handedOut = '1-0'
  const { deliver, text, stream } = openLive({ told: '3-0', handedOut: () => handedOut })
  deliver(event('2-0'), event('3-0'), event('4-0'))
  handedOut = '5-0'
  deliver(event('3-0'), event('5-0'))
  deliver(event('6-0'))
  stream.bye('draining', 1)
  expect(await text()).toMatch(/^<4-0><5-0><6-0><cursor>retry/)
})

test('after a resync nothing is left out for what history told before', async () => {
  const { deliver, text, stream } = openLive({ told: '9-0', handedOut: () => '1-0' })
  stream.resync('epoch')
  deliver(event('2-0'))
  stream.bye('draining', 1)
  expect(await text()).toMatch(/^<cursor>event: resync\ndata: .*\n\n<2-0><cursor>retry/)
})

test('no cursor goes out that lies behind what history has told', async () => {
  const { text, stream } = openLive({ told: '3-0', handedOut: () => '2-0' })
  stream.keepAlive(encoder.encode('<alive>'), 1_000)
  stream.bye('rotated', 1)
  expect(await text()).toMatch(/^retry: 1\n/)
})

test('however a stream ends, it ends once', async () => {
  const { stream, ends } = openLive()
  const reader = stream.body.getReader()
  await reader.cancel()
  stream.gone()
  stream.bye('draining', 0)
  stream.keepAlive(encoder.encode('x'), 0)
  expect([ends, stream.isOpen]).toEqual([['client'], false])
})

test('held events are kept in order, replaced ones first to go, and all are lost beyond that', () => {
  const held = new HeldEvents(99, true)
  held.add([
    event('1-0', { key: 'a', bytes: 20 }),
    event('2-0', { bytes: 20 }),
    event('3-0', { key: 'a', bytes: 20 }),
  ])
  held.add([event('4-0', { key: 'a', bytes: 20 })])
  expect(held.events.map(({ event: { id } }) => id.ms)).toEqual([2, 4])
  held.add([event('5-0', { bytes: 50 })])
  expect([held.lost, held.events]).toEqual([true, []])
  const strict = new HeldEvents(50, false)
  strict.add([event('1-0', { key: 'a', bytes: 30 }), event('2-0', { key: 'a', bytes: 30 })])
  expect(strict.lost).toBe(true)
})
