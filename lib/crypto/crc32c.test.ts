import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'

test.each([
  ['the check value', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
  // RFC 3720 §B.4.
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['rising bytes', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
  ['falling bytes', Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c],
])('gives the published sum of %s', (_of, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum)
})
