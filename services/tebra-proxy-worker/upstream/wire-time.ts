const minuteMs = 60_000
const usTime = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s*([AP]M))?$/i
const isoTime = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

/** UTC milliseconds of a wall clock's figures; undefined when they name no moment, as 2/30 would roll over into March. */
function figuresOf(
  year = '',
  month = '',
  day = '',
  hour = 0,
  minute = '0',
  second = '0',
): number | undefined {
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), hour, Number(minute), Number(second))
  const at = new Date(ms)
  return at.getUTCDate() === Number(day) && at.getUTCMonth() === Number(month) - 1 ? ms : undefined
}

function usFigures(text: string): number | undefined {
  const [whole, month, day, year, hour = '12', minute, second, half = 'AM'] = usTime.exec(text) ?? []
  if (whole === undefined) return undefined
  return figuresOf(year, month, day, (Number(hour) % 12) + (/pm/i.test(half) ? 12 : 0), minute, second)
}

function isoFigures(text: string): { figures: number | undefined; zone: string | undefined } {
  const [, year, month, day, hour = '0', minute, second, zone] = isoTime.exec(text) ?? []
  return { figures: figuresOf(year, month, day, Number(hour), minute, second), zone }
}

/** Turns the figures of a wall clock, given as the UTC milliseconds of the same figures, into an instant. */
export type WallClock = (wallAsUtcMs: number) => number

/** A wall clock at a fixed distance from GMT, whatever the season. */
export const fixedClock =
  (offsetMinutes: number): WallClock =>
  (wallAsUtcMs) =>
    wallAsUtcMs - offsetMinutes * minuteMs

/** A time as `M/D/YYYY h:mm:ss AM` (Tebra technical guide, April 2025) or ISO, by a clock unless it names its zone. */
export function readTime(text: string | undefined, clock: WallClock): number | undefined {
  const us = usFigures(text ?? '')
  if (us !== undefined) return clock(us)
  const { figures, zone } = isoFigures(text ?? '')
  if (figures === undefined) return undefined
  return zone === undefined ? clock(figures) : Date.parse((text ?? '').replace(' ', 'T'))
}

/** An xs:dateTime; without a zone it is UTC (Tebra technical guide, April 2025). */
export const readUtcTime = (text: string | undefined): number | undefined => readTime(text, fixedClock(0))

/** A calendar date in either spelling as `YYYY-MM-DD`; no zone ever moves a date of birth. */
export function readDate(text: string | undefined): string | undefined {
  const at = usFigures(text ?? '') ?? isoFigures(text ?? '').figures
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 10)
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `M/D/YYYY h:mm:ss AM` of an instant at an offset from GMT, the spelling Tebra's own rows use. */
export function formatRowTime(instantMs: number, offsetMinutes: number): string {
  const at = new Date(instantMs + offsetMinutes * minuteMs)
  const hour = at.getUTCHours()
  const date = `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()}`
  return `${date} ${hour % 12 || 12}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} ${hour < 12 ? 'AM' : 'PM'}`
}

/** xs:dateTime in UTC, in whole seconds. */
export const formatUtcTime = (instant: string): string => `${new Date(instant).toISOString().slice(0, 19)}Z`
