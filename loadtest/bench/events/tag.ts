/**
 * What every side's events carry: a number that tells them apart and when it was published. As text of one length, so
 * that a generator finds it in any frame without parsing.
 */
export interface Tag {
  readonly seq: number
  /** ms since the epoch, by the clock that all processes of a machine share. */
  readonly at: number
}

const seqDigits = 8
const atDigits = 17
const before = '"seq":"'
const between = '","at":"'

export const now = (): number => performance.timeOrigin + performance.now()

/** About what a board's change of one appointment carries. */
export const dataOf = ({ seq, at }: Tag, padding = 120): Readonly<Record<string, string>> => ({
  seq: String(seq).padStart(seqDigits, '0'),
  at: at.toFixed(3).padStart(atDigits, '0'),
  pad: 'x'.repeat(padding),
})

/** The tag of a frame; undefined where it is a frame of another kind. */
export function tagIn(frame: string): Tag | undefined {
  const at = frame.indexOf(before)
  if (at < 0) return undefined
  const seqAt = at + before.length
  const timeAt = seqAt + seqDigits + between.length
  return {
    seq: Number(frame.slice(seqAt, seqAt + seqDigits)),
    at: Number(frame.slice(timeAt, timeAt + atDigits)),
  }
}
