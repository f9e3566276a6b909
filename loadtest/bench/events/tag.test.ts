import { describe, expect, it } from 'vitest'
import { dataOf, tagIn } from './tag.ts'

describe('the tag of an event', () => {
  it('is found in whatever a side wraps it in', () => {
    const tag = { seq: 42, at: 1_795_207_686_801.125 }
    const data = JSON.stringify(dataOf(tag))
    expect(tagIn(`id: 7\nevent: board\ndata: ${data}`)).toEqual(tag)
    expect(tagIn(`data: {"push":{"channel":"board","pub":{"data":${data}}}}`)).toEqual(tag)
  })

  it('is not found in a frame of another kind', () => {
    expect(tagIn(': keep-alive')).toBeUndefined()
  })
})
