const minuteMs = 60_000
const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

// Building a format costs a thousand times its use, and a process knows few zones.
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}

/** What the wall clock of `zone` shows at an instant, as the instant at which UTC shows the same. */
function wallMs(zone: string, instantMs: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(instantMs)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Minutes east of UTC in `zone` at an instant, daylight saving included. */
export function offsetMinutes(zone: string, instantMs: number): number {
  const secondMs = Math.floor(instantMs / 1000) * 1000
  return (wallMs(zone, secondMs) - secondMs) / minuteMs
}

/**
 * The instant at which `zone` shows a wall time, given as UTC milliseconds of the same figures. A time that comes twice
 * means its first; one that daylight saving skips means as long after the change as it is after the gap's begin.
 */
export function wallTimeToInstant(zone: string, wallAsUtcMs: number): number {
  // No zone changes twice within two days, so the offsets a day before and after are the only candidates.
  const before = offsetMinutes(zone, wallAsUtcMs - dayMs)
  const after = offsetMinutes(zone, wallAsUtcMs + dayMs)
  const first = wallAsUtcMs - before * minuteMs
  if (offsetMinutes(zone, first) === before) return first
  const second = wallAsUtcMs - after * minuteMs
  return offsetMinutes(zone, second) === after ? second : first
}

/** The calendar day `zone` shows at an instant, as `YYYY-MM-DD`. */
export const localDate = (zone: string, instantMs: number): string =>
  new Date(wallMs(zone, instantMs)).toISOString().slice(0, 10)

/** The instants of a range of local days, `[start, end)`; both days belong to it. A day has 23 to 25 hours. */
export function localDays(zone: string, fromDate: string, toDate = fromDate): { start: number; end: number } {
  return {
    start: wallTimeToInstant(zone, Date.parse(fromDate)),
    end: wallTimeToInstant(zone, Date.parse(toDate) + dayMs),
  }
}
