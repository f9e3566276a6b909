import { describe, expect, it } from 'vitest'
import { createFrameReader } from './frame-reader.ts'

const read = (parts: readonly string[]): string[] => {
  const frames: string[] = []
  const take = createFrameReader({ head: () => {}, frame: (frame) => frames.push(frame) })
  parts.forEach(take)
  return frames
}
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const plain = `HTTP/1.1 200 OK\r\n\r\nid: 1\ndata: a\n\n: hello\n\nid: 2\ndata: b\n\n`
const inChunks = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('id: 1\nda')}${chunk('ta: a\n\n: hello\n\nid: 2\ndata: b\n\n')}`
const expected = ['id: 1\ndata: a', ': hello', 'id: 2\ndata: b']

describe('the frame reader', () => {
  it.each([
    ['as it is', plain],
    ['in chunks', inChunks],
  ])('gives the frames of a body that comes %s, wherever the bytes are cut', (_, bytes) => {
    expect(read([bytes])).toEqual(expected)
    expect(read([...bytes])).toEqual(expected)
    for (let at = 1; at < bytes.length; at++)
      expect(read([bytes.slice(0, at), bytes.slice(at)])).toEqual(expected)
  })
})
