/**
 * QR codes (ISO/IEC 18004:2015) of text in byte mode at error correction level M, versions 1 to 12: up to 287 bytes.
 * Each row below is a version: codewords of correction per block, then the data codewords of each block.
 */
const blocks: readonly (readonly [correction: number, ...data: number[]])[] = [
  [10, 16],
  [16, 28],
  [26, 44],
  [18, 32, 32],
  [24, 43, 43],
  [16, 27, 27, 27, 27],
  [18, 31, 31, 31, 31],
  [22, 38, 38, 39, 39],
  [22, 36, 36, 36, 37, 37],
  [26, 43, 43, 43, 43, 44],
  [30, 50, 51, 51, 51, 51],
  [22, 36, 36, 36, 36, 36, 36, 37, 37],
]
const alignments = [
  [],
  [18],
  [22],
  [26],
  [30],
  [34],
  [22, 38],
  [24, 42],
  [26, 46],
  [28, 50],
  [30, 54],
  [32, 58],
]
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** In GF(256) over x⁸ + x⁴ + x³ + x² + 1. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    if ((b >> bit) & 1) product ^= a
  }
  return product
}

function correctionOf(data: readonly number[], degree: number): number[] {
  let generator = [1]
  for (let root = 1, count = 0; count < degree; count += 1, root = multiply(root, 2)) {
    const shifted = [...generator, 0]
    generator = shifted.map((one, index) => one ^ multiply(generator[index - 1] ?? 0, root))
  }
  const rest = [...data, ...new Array<number>(degree).fill(0)]
  for (let at = 0; at < data.length; at += 1) {
    const lead = rest[at] ?? 0
    for (const [index, factor] of generator.entries())
      rest[at + index] = (rest[at + index] ?? 0) ^ multiply(factor, lead)
  }
  return rest.slice(data.length)
}

/** The codewords of all blocks, interleaved: the first of each, the second of each, and so on. */
function codewordsOf(bytes: Uint8Array, version: number): number[] {
  const [degree = 0, ...sizes] = blocks[version - 1] ?? []
  const room = sum(sizes)
  const lengthBits = version < 10 ? 8 : 16
  const bits = [[4, 4], [bytes.length, lengthBits], ...[...bytes].map((byte) => [byte, 8]), [0, 4]]
  const text = bits.map(([value = 0, width = 0]) => value.toString(2).padStart(width, '0')).join('')
  const data = (text.slice(0, room * 8).match(/.{1,8}/g) ?? []).map((one) =>
    Number.parseInt(one.padEnd(8, '0'), 2),
  )
  for (let pad = 0xec; data.length < room; pad ^= 0xec ^ 0x11) data.push(pad)
  let from = 0
  const parts = sizes.map((size) => {
    from += size
    return data.slice(from - size, from)
  })
  const interleave = (lists: readonly (readonly number[])[]) =>
    Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, at) =>
      lists.flatMap((list) => list[at] ?? []),
    ).flat()
  return [...interleave(parts), ...interleave(parts.map((part) => correctionOf(part, degree)))]
}

const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

/** A number with its BCH remainder behind it (annexes C and D). */
function withRemainder(value: number, generator: number, bits: number): number {
  let rest = value
  for (let count = 0; count < bits; count += 1) rest = (rest << 1) ^ ((rest >> (bits - 1)) * generator)
  return (value << bits) | rest
}

type Module = boolean | undefined

/** The dark modules of the code, row by row; undefined where the text is too long for it. */
export function qrMatrix(text: string): boolean[][] | undefined {
  const bytes = new TextEncoder().encode(text)
  const index = blocks.findIndex(([, ...sizes], at) => sum(sizes) >= bytes.length + (at < 9 ? 2 : 3))
  if (index < 0) return undefined
  const version = index + 1
  const fixed = patternsOf(version)
  const bits = codewordsOf(bytes, version)
  const drawn = masks.map((mask, number) => draw(fixed, bits, mask, number))
  return drawn.reduce((best, one) => (penalty(one) < penalty(best) ? one : best))
}

/** Everything but the data; what is undefined is the data's. Format bits are light until the mask is known. */
function patternsOf(version: number): Module[][] {
  const size = 17 + 4 * version
  const grid = Array.from({ length: size }, () => new Array<Module>(size).fill(undefined))
  const set = (x: number, y: number, isDark: boolean) => {
    const row = grid[y]
    if (row && x >= 0 && x < size) row[x] = isDark
  }
  const setBoth = (x: number, y: number, isDark: boolean) => {
    set(x, y, isDark)
    set(y, x, isDark)
  }
  for (let at = 0; at < size; at += 1) setBoth(6, at, at % 2 === 0)
  const square = (left: number, top: number, radius: number, isDark: (ring: number) => boolean) => {
    for (let y = -radius; y <= radius; y += 1)
      for (let x = -radius; x <= radius; x += 1)
        set(left + x, top + y, isDark(Math.max(Math.abs(x), Math.abs(y))))
  }
  const centres = [6, ...(alignments[version - 1] ?? [])]
  for (const x of centres)
    for (const y of centres)
      if (
        version > 1 &&
        !(x === 6 && y === 6) &&
        !(x === 6 && y === size - 7) &&
        !(y === 6 && x === size - 7)
      )
        square(x, y, 2, (ring) => ring !== 1)
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(x, y, 4, (ring) => ring !== 2 && ring !== 4)
  for (let at = 0; at < 9; at += 1) {
    if (at !== 6) setBoth(8, at, false)
    if (at < 8) setBoth(8, size - 1 - at, false)
  }
  set(8, size - 8, true)
  if (version < 7) return grid
  const told = withRemainder(version, 0x1f25, 12)
  for (let bit = 0; bit < 18; bit += 1) {
    setBoth(size - 11 + (bit % 3), Math.floor(bit / 3), ((told >> bit) & 1) === 1)
  }
  return grid
}

function draw(
  fixed: readonly (readonly Module[])[],
  codewords: readonly number[],
  mask: (x: number, y: number) => boolean,
  number: number,
): boolean[][] {
  const size = fixed.length
  const grid = fixed.map((row) => row.map(Boolean))
  const set = (x: number, y: number, isDark: boolean) => {
    const row = grid[y]
    if (row) row[x] = isDark
  }
  let bit = 0
  let isUp = true
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step += 1)
      for (const x of [right, right - 1]) {
        const y = isUp ? size - 1 - step : step
        if (fixed[y]?.[x] !== undefined) continue
        const isDark = (((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
        set(x, y, isDark !== mask(x, y))
        bit += 1
      }
    isUp = !isUp
  }
  // Level M is 00.
  const format = withRemainder(number, 0x537, 10) ^ 0x5412
  for (let at = 0; at < 15; at += 1) {
    const isDark = ((format >> at) & 1) === 1
    set(8, at < 6 ? at : at < 8 ? at + 1 : size - 15 + at, isDark)
    set(at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at, 8, isDark)
  }
  return grid
}

/** How hard it is to read (§7.8.3): long runs, blocks, what looks like a finder, and too much of one colour. */
function penalty(grid: readonly (readonly boolean[])[]): number {
  const size = grid.length
  const lines = grid.map((row) => row.map(Number).join(''))
  const columns = grid.map((_, x) => grid.map((row) => Number(row[x])).join(''))
  let points = 0
  for (const line of [...lines, ...columns]) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2
    points += 40 * [...line.matchAll(/(?=00001011101|10111010000)/g)].length
  }
  for (let y = 1; y < size; y += 1)
    for (let x = 1; x < size; x += 1) {
      const isDark = grid[y]?.[x]
      if (isDark === grid[y]?.[x - 1] && isDark === grid[y - 1]?.[x] && isDark === grid[y - 1]?.[x - 1])
        points += 3
    }
  const dark = lines.join('').replaceAll('0', '').length / size ** 2
  return points + 10 * Math.floor(Math.abs(dark - 0.5) * 20)
}
