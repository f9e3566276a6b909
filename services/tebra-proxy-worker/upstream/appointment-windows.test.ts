import { describe, expect, test } from 'vitest'
import { appointmentWindows } from './appointment-windows.ts'
import { localDays, offsetMinutes } from './time-zone.ts'

const dayMs = 86_400_000
const iso = (ms: number) => new Date(ms).toISOString()
const windowsOf = (zone: string, from: string, to: string) => {
  const { start, end } = localDays(zone, from, to)
  return appointmentWindows(zone, start, end)
}

describe('appointmentWindows', () => {
  test('cuts 90 days into windows that stay within 30 days, margin included', () => {
    const windows = windowsOf('America/Phoenix', '2026-01-01', '2026-03-31')
    expect(windows).toHaveLength(4)
    for (const { start, end } of windows) expect(end - start).toBeLessThanOrEqual(28 * dayMs)
  })

  test.each(['America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Casablanca'])(
    'covers a year of %s without gap or overlap, and never holds two offsets',
    (zone) => {
      const { start, end } = localDays(zone, '2026-01-01', '2026-12-31')
      const windows = appointmentWindows(zone, start, end)
      expect(windows.at(0)?.start).toBe(start)
      expect(windows.at(-1)?.end).toBe(end)
      for (const [index, window] of windows.entries()) {
        if (index > 0) expect(window.start).toBe(windows[index - 1]?.end)
        const offset = offsetMinutes(zone, window.start)
        for (let at = window.start; at < window.end; at += dayMs / 24)
          expect(offsetMinutes(zone, at)).toBe(offset)
      }
    },
  )

  test('splits the spring day of New York where its offset changes', () => {
    expect(windowsOf('America/New_York', '2026-03-08', '2026-03-08')).toEqual([
      { start: Date.parse('2026-03-08T05:00Z'), end: Date.parse('2026-03-08T07:00Z'), offsetHours: -5 },
      { start: Date.parse('2026-03-08T07:00Z'), end: Date.parse('2026-03-09T04:00Z'), offsetHours: -4 },
    ])
  })

  test('splits the autumn day of New York where its offset changes', () => {
    const windows = windowsOf('America/New_York', '2026-11-01', '2026-11-01')
    expect(windows.map(({ end, offsetHours }) => [iso(end), offsetHours])).toEqual([
      ['2026-11-01T06:00:00.000Z', -4],
      ['2026-11-02T05:00:00.000Z', -5],
    ])
  })

  test('rounds half an hour down, east and west of Greenwich', () => {
    expect(windowsOf('Asia/Kolkata', '2026-06-01', '2026-06-01')[0]?.offsetHours).toBe(5)
    expect(windowsOf('America/St_Johns', '2026-01-05', '2026-01-05')[0]?.offsetHours).toBe(-4)
  })
})
