/** One wall-clock minute, without a zone. */
export type WallTime = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

export const minuteMs = 60_000
export const dayMs = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
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
  return format
}

/** What a clock on the wall in `zone` shows at an instant. */
export const wallTimeIn = (zone: string, instantMs: number): WallTime => {
  const wall: WallTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  for (const { type, value } of formatOf(zone).formatToParts(instantMs)) {
    if (type in wall) wall[type as keyof WallTime] = Number(value)
  }
  return wall
}

/** Reads a wall time as if it were UTC. */
export const asUtc = (wall: WallTime): number =>
  Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)

/** Minutes east of UTC in `zone` at an instant, daylight saving included. */
export const offsetMinutes = (zone: string, instantMs: number): number => {
  const wholeSecondMs = Math.floor(instantMs / 1000) * 1000
  return (asUtc(wallTimeIn(zone, wholeSecondMs)) - wholeSecondMs) / minuteMs
}

/**
 * The instant at which `zone` shows a wall time. A time that daylight saving skips is moved forward
 * by the gap; of a time that comes twice the first is meant.
 */
export const instantIn = (zone: string, wall: WallTime): number => {
  const asIfUtc = asUtc(wall)
  const before = offsetMinutes(zone, asIfUtc - dayMs)
  const first = asIfUtc - before * minuteMs
  const offsetAtFirst = offsetMinutes(zone, first)
  if (offsetAtFirst === before) return first
  const second = asIfUtc - offsetAtFirst * minuteMs
  return offsetMinutes(zone, second) === offsetAtFirst ? second : first
}

/** Days since 1970-01-01 of the calendar day that `zone` shows at an instant. */
export const dayNumberIn = (zone: string, instantMs: number): number =>
  Math.floor(asUtc(wallTimeIn(zone, instantMs)) / dayMs)

const two = (value: number) => String(value).padStart(2, '0')

/** `M/D/YYYY h:mm:ss AM`, zone-less, as GetAppointments rows show it (Tebra technical guide, April 2025). */
export const formatUsDateTime = (instantMs: number, offset: number): string => {
  const at = new Date(instantMs + offset * minuteMs)
  const hour = at.getUTCHours()
  const date = `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()}`
  return `${date} ${hour % 12 || 12}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} ${hour < 12 ? 'AM' : 'PM'}`
}

/** xs:dateTime in UTC, whole seconds. */
export const formatXsDateTime = (instantMs: number): string =>
  `${new Date(instantMs).toISOString().slice(0, 19)}Z`
