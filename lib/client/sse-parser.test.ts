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

const comment = 'x'.repeat(3000)

/** The cases of the Web Platform Tests (eventsource/format-*), each with the data it must dispatch. */
const platformCases: readonly (readonly [name: string, text: string, data: readonly string[]])[] = [
  ['format-bom', '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n', ['1', '3']],
  ['format-bom-2', '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n', ['2', '3']],
  [
    'format-comments',
    `data:1\r:\0\n:\r\ndata:2\n:${comment}\rdata:3\n:data:fail\r:${comment}\ndata:4\n\n`,
    ['1\n2\n3\n4'],
  ],
  ['format-data-before-final-empty-line', 'retry:1000\ndata:test1\n\nid:test\ndata:test2', ['test1']],
  ['format-field-data', 'data:\n\ndata\ndata\n\ndata:test\n\n', ['', '\n', 'test']],
  ['format-field-event-empty', 'event: \ndata:data\n\n', ['data']],
  [
    'format-field-parsing',
    'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    ['\0\n 2\n1\n3\n\n4'],
  ],
  [
    'format-field-unknown',
    'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n',
    ['test\n\ntest'],
  ],
  ['format-leading-space', 'data:\ttest\rdata: \ndata:test\n\n', ['\ttest\n\ntest']],
  ['format-newlines', 'data:test\r\ndata\ndata:test\r\n\r', ['test\n\ntest']],
  ['format-null-character', 'data:\0\n\n\n\n', ['\0']],
  ['format-utf-8', 'data:ok…\n\n', ['ok…']],
]

test.each(platformCases)('%s, cut in two at every byte and byte by byte', (_, text, data) => {
  const bytes = new TextEncoder().encode(text)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { events } = parse([bytes.subarray(0, cut), bytes.subarray(cut)])
    expect(
      events.map((event) => event.data),
      `cut at ${cut}`,
    ).toEqual(data)
  }
  expect(parse([...bytes].map((byte) => Uint8Array.of(byte))).events.map((event) => event.data)).toEqual(data)
})

test.each([
  ['retry:3000', [3000]],
  ['retry: 0', [0]],
  ['retry:  3000', []],
  ['retry:3000 ', []],
  ['retry:1000x', []],
  ['retry:-1', []],
  ['retry:1.5', []],
  ['retry:１２', []],
  ['retry', []],
  ['Retry:1', []],
])('of %j takes the reconnection times %j: ASCII digits and nothing else', (line, retries) => {
  expect(parse([`${line}\n\n`]).retries).toEqual(retries)
})

test.each([
  ['id:1\ndata:a\n\nid:2\n\n', '2', 'of a block without data'],
  ['id:1\ndata:a\n\nid:2\0\ndata:b\n\n', '1', 'not with a NUL in it'],
  ['id:1\ndata:a\n\nid:\ndata:b\n\n', '', 'cleared by an empty one'],
  ['id:1\nid:2\ndata:a\n\n', '2', 'the last of two'],
  ['id:1\ndata:a\n', '7', 'not before the blank line'],
  ['id: é診 \ndata:a\n\n', 'é診 ', 'of any characters'],
])('%j leaves the cursor %j: %s', (text, cursor) => {
  expect(parse([text], '7').lastEventId).toBe(cursor)
  expect(
    parse(
      [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte)),
      '7',
    ).lastEventId,
  ).toBe(cursor)
})

/** The same rules said as plainly as can be, over a text that is all there. */
function plainly(text: string) {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  lines.pop()
  const events: ServerSentEvent[] = []
  let block: { type: string; data: string[] } = { type: '', data: [] }
  let id = ''
  let lastEventId = ''
  for (const line of lines) {
    const [, name, value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? []
    if (name === 'data') block.data.push(value)
    if (name === 'event') block.type = value
    if (name === 'id' && !value.includes('\0')) id = value
    if (line !== '') continue
    lastEventId = id
    const { type, data } = block
    if (data.length > 0) events.push({ type: type || 'message', data: data.join('\n'), lastEventId })
    block = { type: '', data: [] }
  }
  return { events, retries: [], lastEventId }
}

test('reads every text of up to five pieces as the plain rules do, whole and byte by byte', () => {
  const pieces = ['data', 'id', 'event', ':', ' ', 'é', '\r', '\n', '\uFEFF', '\0']
  let count = 0
  function tryAll(text: string, piecesLeft: number): void {
    const whole = `${text}\n\n`
    const said = plainly(whole)
    for (const chunks of [[whole], [...new TextEncoder().encode(whole)].map((byte) => Uint8Array.of(byte))]) {
      if (!Bun.deepEquals(parse(chunks), said)) expect(parse(chunks), JSON.stringify(whole)).toEqual(said)
    }
    count++
    if (piecesLeft > 0) for (const piece of pieces) tryAll(text + piece, piecesLeft - 1)
  }
  tryAll('', 5)
  expect(count).toBe(111_111)
})
