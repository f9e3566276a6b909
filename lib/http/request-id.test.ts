import { afterEach, expect, test, vi } from 'vitest'
import { createRequestId } from './request-id.ts'

afterEach(() => vi.useRealTimers())

test('no two ids are alike, each is a UUID of version 7, and they sort by the ms they were made in', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const moments = [
    1_700_000_000_000, 1_700_000_000_000, 1_700_000_000_001, 1_700_000_065_536, 1_800_000_000_000,
  ]
  const ids = moments.map((ms) => {
    vi.setSystemTime(ms)
    return createRequestId()
  })
  expect(new Set(ids).size).toBe(ids.length)
  for (const [at, id] of ids.entries()) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(moments[at])
  }
})

test('a clock that is put back is told as it is', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_700_000_000_000)
  createRequestId()
  vi.setSystemTime(1_600_000_000_000)
  expect(Number.parseInt(createRequestId().replace('-', '').slice(0, 12), 16)).toBe(1_600_000_000_000)
})
