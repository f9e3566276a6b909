import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { qrMatrix } from './qr-matrix.ts'

const asText = (matrix: boolean[][] | undefined) =>
  matrix?.map((row) => row.map((isDark) => (isDark ? '#' : '.')).join('')).join('\n') ?? ''

test('draws a short text as version 1: finders, timing and a mask that keeps it readable', () => {
  expect(asText(qrMatrix('clinic')).split('\n')).toEqual([
    '#######..#.##.#######',
    '#.....#.##....#.....#',
    '#.###.#.##.##.#.###.#',
    '#.###.#.##.##.#.###.#',
    '#.###.#..#.##.#.###.#',
    '#.....#...#.#.#.....#',
    '#######.#.#.#.#######',
    '........##.##........',
    '#.....#.#...###..###.',
    '.#.#.#.####.#.#.##...',
    '###.###.#..#.#..#.##.',
    '##..##.##.#.....#####',
    '..#...#.##....#..#.##',
    '........#######.....#',
    '#######..#..#.##.###.',
    '#.....#...####.#.##..',
    '#.###.#..##.#..#...#.',
    '#.###.#...#.#...##...',
    '#.###.#...#...#.##.##',
    '#.....#..#.....#.##..',
    '#######.##.#.#.##..#.',
  ])
})

/** Of codes that another implementation (jsQR 1.4.0) was seen to read, for every version. */
test.each([
  [14, '87bae821693809a1'],
  [26, '4da660857725e0a2'],
  [42, '25a2fb04f7f2d7a8'],
  [62, 'e5dddf8f80cae637'],
  [84, '58570b2e1f9f1681'],
  [106, '0b3f3e5938840365'],
  [122, 'cca45b0d68d2b686'],
  [152, '2c08963c3d771274'],
  [180, 'da2d371b971d44d3'],
  [213, '5b61c982b56d2523'],
  [251, '54515ad021ec7c1e'],
  [287, '57b90f3d5d954423'],
])('draws the code that another reader has read: %i bytes', (bytes, fingerprint) => {
  expect(
    createHash('sha256')
      .update(asText(qrMatrix('x'.repeat(bytes))))
      .digest('hex')
      .slice(0, 16),
  ).toBe(fingerprint)
})

test('takes 287 bytes, of whatever characters, and not one more', () => {
  expect(qrMatrix(`${'é'.repeat(143)}x`)).toHaveLength(65)
  expect(qrMatrix('x'.repeat(288))).toBeUndefined()
})
