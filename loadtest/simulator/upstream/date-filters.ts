import { type Members, textOf } from '../soap/data-contract.ts'
import { asUtc, dayMs, instantIn, minuteMs, type WallTime } from '../zone-time.ts'
import { OperationError } from './payload.ts'

export type Window = { fromMs: number; toMs: number }

/** Turns between instants and the wall times that one answer speaks in. */
export type WallClock = { toInstant(wall: WallTime): number; offsetAt(instantMs: number): number }

const windowDaysMax = 60
const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s*(AM|PM)?)?$/i
const iso = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

/** A wall clock at a fixed distance from GMT, whatever the season. */
export const fixedClock = (minutes: number): WallClock => ({
  toInstant: (wall) => asUtc(wall) - minutes * minuteMs,
  offsetAt: () => minutes,
})

const wallOf = (parts: readonly (string | undefined)[], afternoon?: boolean): WallTime => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number(part ?? 0),
  )
  return {
    year,
    month,
    day,
    hour: afternoon === undefined ? hour : (hour % 12) + (afternoon ? 12 : 0),
    minute,
    second,
  }
}

/** Reads the US and ISO spellings that filters accept; a text that is neither is undefined. */
export const parseFilterDate = (
  text: string,
  clock: WallClock,
): { atMs: number; dateOnly: boolean } | undefined => {
  const american = us.exec(text)
  if (american) {
    const [, month, day, year, hour, minute, second, half] = american
    const afternoon = half === undefined ? undefined : half.toUpperCase() === 'PM'
    const atMs = clock.toInstant(wallOf([year, month, day, hour, minute, second], afternoon))
    return { atMs, dateOnly: hour === undefined }
  }
  const [whole, year, month, day, hour, minute, second, zone] = iso.exec(text) ?? []
  if (whole === undefined) return undefined
  if (zone !== undefined) return { atMs: Date.parse(text), dateOnly: false }
  return {
    atMs: clock.toInstant(wallOf([year, month, day, hour, minute, second])),
    dateOnly: hour === undefined,
  }
}

/**
 * The window of a pair of date members. A date alone means from its midnight, or until its last moment. One of the pair
 * without the other, an unreadable date and a window over 60 days are errors (observed live behaviour).
 */
export const windowOf = (
  filter: Members,
  [fromName, toName]: readonly [string, string],
  clock: WallClock,
  daysMax = windowDaysMax,
): Window | undefined => {
  const [from, to] = [textOf(filter, fromName), textOf(filter, toName)]
  if (from === undefined && to === undefined) return undefined
  if (from === undefined || to === undefined) {
    throw new OperationError(`${fromName} and ${toName} must both be specified.`)
  }
  const [start, end] = [parseFilterDate(from, clock), parseFilterDate(to, clock)]
  if (!start || !end) throw new OperationError('String was not recognized as a valid DateTime.')
  if (end.atMs < start.atMs) throw new OperationError(`${toName} must not be before ${fromName}.`)
  if (end.atMs - start.atMs > daysMax * dayMs) {
    throw new OperationError(`The range between ${fromName} and ${toName} must not exceed ${daysMax} days.`)
  }
  return { fromMs: start.atMs, toMs: end.dateOnly ? end.atMs + dayMs - 1 : end.atMs }
}

/**
 * The wall clock a GetAppointments call asks for: whole hours from GMT, or without them the clinic's own zone.
 * The vendor applies the number as it stands, so that a wrong one shifts every time shown.
 */
export const clockOf = (
  filter: Members,
  zone: string,
  zoneOffset: (instantMs: number) => number,
): WallClock => {
  const hours = textOf(filter, 'TimeZoneOffsetFromGMT')
  if (hours === undefined) return { toInstant: (wall) => instantIn(zone, wall), offsetAt: zoneOffset }
  if (!/^[+-]?\d{1,2}$/.test(hours)) throw new OperationError('Input string was not in a correct format.')
  return fixedClock(Number(hours) * 60)
}

export const isWithin = (atMs: number, window: Window | undefined): boolean =>
  window === undefined || (atMs >= window.fromMs && atMs <= window.toMs)
