import { describe, expect, it } from 'vitest'
import { BenchLine, printLine, toFigure } from './bench-line.ts'

const processing = { name: 'process', unit: 'jobs/core-s', peerName: 'bullmq 6.7.0' }

describe('the line of JSON', () => {
  it('has the agreed shape and comes last', () => {
    const said: string[] = []
    const figure = toFigure({
      ...processing,
      ours: [30_000, 28_000, 33_000],
      peer: [10_000, 8_000, 10_000],
      goal: { of: 'ratio', is: 'at least', value: 3 },
    })
    printLine({ bench: 'queue', figures: [figure], lost: 0, doubled: 0, skipped: [] }, (text) =>
      said.push(text),
    )

    expect(said.at(-1)).toBe(
      '{"bench":"queue","figures":[{"name":"process","unit":"jobs/core-s","ours":30000,"peer":10000,' +
        '"peerName":"bullmq 6.7.0","ratio":3.3,"spread":[3,3.5],"goal":3,"met":true}],' +
        '"lost":0,"doubled":0,"skipped":[]}',
    )
  })

  it('says that a goal was missed', () => {
    const goal = { of: 'ratio', is: 'at least', value: 3 } as const
    expect(toFigure({ ...processing, ours: [29], peer: [10], goal }).met).toBe(false)
  })

  it('holds a figure of our own against a goal of our own, whatever the peer did', () => {
    const goal = { of: 'ours', is: 'at most', value: 50 } as const
    expect(toFigure({ ...processing, ours: [49], peer: [1], goal }).met).toBe(true)
    expect(toFigure({ ...processing, ours: [51], peer: [1_000], goal }).met).toBe(false)
  })

  it('neither meets nor misses where there is no goal', () => {
    expect(toFigure({ ...processing, ours: [1], peer: [1] })).toMatchObject({ goal: null, met: null })
  })

  it('refuses a member that nobody agreed on', () => {
    const line = {
      bench: 'queue',
      figures: [toFigure({ ...processing, ours: [1], peer: [1] })],
      lost: 0,
      doubled: 0,
    }
    expect(BenchLine.safeParse({ ...line, skipped: [] }).success).toBe(true)
    expect(BenchLine.safeParse({ ...line, skipped: [], machine: 'x' }).success).toBe(false)
    expect(BenchLine.safeParse(line).success).toBe(false)
  })
})
