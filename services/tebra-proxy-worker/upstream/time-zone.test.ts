import { describe, expect, test } from 'vitest'
import { localDate, localDays, offsetMinutes, wallTimeToInstant } from './time-zone.ts'

const newYork = 'America/New_York'
const hourMs = 3_600_000
const at = (text: string) => Date.parse(text)
const iso = (ms: number) => new Date(ms).toISOString()

describe('offsetMinutes', () => {
  test.each([
    [newYork, '2026-01-15T12:00:00Z', -300],
    [newYork, '2026-03-08T06:59:59.999Z', -300],
    [newYork, '2026-03-08T07:00:00Z', -240],
    [newYork, '2026-11-01T05:59:59Z', -240],
    [newYork, '2026-11-01T06:00:00Z', -300],
    ['Asia/Kolkata', '2026-06-01T00:00:00Z', 330],
    ['Australia/Lord_Howe', '2026-06-01T00:00:00Z', 630],
    ['America/Phoenix', '2026-07-01T00:00:00Z', -420],
    ['UTC', '2026-07-01T00:00:00Z', 0],
  ])('%s at %s is %i minutes from GMT', (zone, instant, minutes) => {
    expect(offsetMinutes(zone, at(instant))).toBe(minutes)
  })
})

describe('localDays', () => {
  test('gives the spring day of New York 23 hours', () => {
    const { start, end } = localDays(newYork, '2026-03-08')
    expect([iso(start), iso(end)]).toEqual(['2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'])
    expect((end - start) / hourMs).toBe(23)
  })

  test('gives the autumn day of New York 25 hours', () => {
    const { start, end } = localDays(newYork, '2026-11-01')
    expect([iso(start), iso(end)]).toEqual(['2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'])
    expect((end - start) / hourMs).toBe(25)
  })

  test('keeps half hours', () => {
    expect(iso(localDays('Asia/Kolkata', '2026-06-01').start)).toBe('2026-05-31T18:30:00.000Z')
  })

  test('takes a day that begins at one o’clock because midnight was skipped', () => {
    // Chile changes at midnight: 2026-09-06 begins at 01:00.
    const { start, end } = localDays('America/Santiago', '2026-09-06')
    expect(iso(start)).toBe('2026-09-06T04:00:00.000Z')
    expect((end - start) / hourMs).toBe(23)
  })

  test('joins neighbouring days without gap or overlap all year', () => {
    for (const zone of [newYork, 'Asia/Kolkata', 'Australia/Lord_Howe', 'Europe/Berlin']) {
      let { end } = localDays(zone, '2026-01-01')
      for (let day = at('2026-01-02'); day < at('2027-01-02'); day += 24 * hourMs) {
        const next = localDays(zone, iso(day).slice(0, 10))
        expect(next.start, `${zone} ${iso(day)}`).toBe(end)
        end = next.end
      }
    }
  })
})

describe('wallTimeToInstant', () => {
  test.each([
    ['an ordinary time', '2026-07-01T09:30:00Z', '2026-07-01T13:30:00.000Z'],
    ['a time that spring skips', '2026-03-08T02:30:00Z', '2026-03-08T07:30:00.000Z'],
    ['the first of a time that autumn repeats', '2026-11-01T01:30:00Z', '2026-11-01T05:30:00.000Z'],
    ['the hour after the repeated one', '2026-11-01T02:30:00Z', '2026-11-01T07:30:00.000Z'],
  ])('reads %s', (_name, wall, instant) => {
    expect(iso(wallTimeToInstant(newYork, at(wall)))).toBe(instant)
  })
})

test('says which day it is at the clinic, not in Greenwich', () => {
  expect(localDate(newYork, at('2026-11-21T03:00:00Z'))).toBe('2026-11-20')
  expect(localDate('Asia/Kolkata', at('2026-11-20T19:00:00Z'))).toBe('2026-11-21')
})
