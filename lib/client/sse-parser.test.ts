import { expect, test } from 'vitest'
import { createSseParser, type ServerSentEvent } from './sse-parser.ts'

function parse(chunks: Iterable<Uint8Array | string>, lastEventId?: string) {
  const events: ServerSentEvent[] = []
  const retries: number[] = []
  const parser = createSseParser(
    { onEvent: (event) => events.push(event), onRetry: (ms) => retries.push(ms) },
    lastEventId,
  )
  for (const chunk of chunks) parser.push(chunk)
  return { events, retries, lastEventId: parser.lastEventId }
}

const stream = [
  '\uFEFF: keep-alive\n',
  'retry: 1500\n\n',
  'id: 1-0\r\nevent: tebra:status\r\ndata: {"patient":"Zoë Ångström 🩺"}\r\n\r\n',
  'data: first\rdata:second\rdata\r\r',
  'id: bad\0id\ndata:  one space kept\n\n',
  'retry: 12x\nretry\nunknown: field\nid: 2-0\n\n',
  'event: no data\n\n',
  'data: 診察\n\n',
  'data: cut off',
].join('')

const expected = {
  events: [
    { type: 'tebra:status', data: '{"patient":"Zoë Ångström 🩺"}', lastEventId: '1-0' },
    { type: 'message', data: 'first\nsecond\n', lastEventId: '1-0' },
    { type: 'message', data: ' one space kept', lastEventId: '1-0' },
    { type: 'message', data: '診察', lastEventId: '2-0' },
  ],
  retries: [1500],
  lastEventId: '2-0',
}

test('reads the same events wherever the bytes are cut in two', () => {
  const bytes = new TextEncoder().encode(stream)
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(parse([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(expected)
  }
})

test('reads the same events byte by byte', () => {
  expect(parse([...new TextEncoder().encode(stream)].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
})

test('reads the same events from strings cut at every character', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    expect(parse([stream.slice(0, cut), stream.slice(cut)]), `cut at ${cut}`).toEqual(expected)
  }
})

test('dispatches at a lone carriage return without waiting for the next byte', () => {
  expect(parse(['data: now\r\r']).events).toEqual([{ type: 'message', data: 'now', lastEventId: '' }])
})

test('takes a line feed that arrives in the next chunk as the rest of the same line end', () => {
  expect(parse(['data: a\r', '\ndata: b\r', '', '\n\r', '\n']).events.map((event) => event.data)).toEqual([
    'a\nb',
  ])
})

test('strips one byte order mark at the start and no other', () => {
  expect(parse(['\uFEFFdata: a\n\n']).events).toHaveLength(1)
  expect(parse(['\uFEFF\uFEFFdata: a\n\n']).events).toHaveLength(0)
  expect(parse(['data: a\n\n\uFEFFdata: b\n\n']).events).toHaveLength(1)
})

test('keeps the cursor it was given until the server sets another, and lets the server clear it', () => {
  expect(parse(['data: control\n\n'], '7-0').events[0]?.lastEventId).toBe('7-0')
  expect(parse(['id\ndata: cleared\n\n'], '7-0').lastEventId).toBe('')
})

test('never dispatches nor moves the cursor for a block without its blank line', () => {
  expect(parse(['id: 9-0\ndata: half\n'])).toEqual({ events: [], retries: [], lastEventId: '' })
})

test('replaces malformed UTF-8 and goes on', () => {
  const bytes = [...new TextEncoder().encode('data: '), 0xff, 0x0a, 0x0a]
  expect(parse([Uint8Array.from(bytes)]).events[0]?.data).toBe('\uFFFD')
})
