const dayMs = 86_400_000

/** The zone where this browser knows it; UTC otherwise, which the page then names. */
export function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone
  } catch {
    return 'UTC'
  }
}

/** `9:05 AM` on the clinic's wall; by this computer's clock where no zone is given. */
export const clockTime = (at: string | number, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-US', {
    ...(timeZone !== undefined && { timeZone }),
    hour: 'numeric',
    minute: '2-digit',
  }).format(new Date(at))

/** The clinic's calendar day at an instant, as `2026-11-20`. */
export const dayAt = (at: number, timeZone: string | undefined): string =>
  new Intl.DateTimeFormat('en-CA', {
    ...(timeZone !== undefined && { timeZone }),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(at)

/** Calendar days have no zone, so that they are counted in UTC, where each has 24 hours. */
export const shiftDay = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10)

/** `Friday, November 20, 2026`. */
export const longDay = (date: string): string =>
  new Intl.DateTimeFormat('en-US', {
    timeZone: 'UTC',
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    year: 'numeric',
  }).format(Date.parse(date))

/** `Eastern Standard Time`, as it is called on that day. */
export function zoneName(timeZone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'long' }).formatToParts(at)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? timeZone
}

/** `30 min`, `1 h 15 min`. */
export function lengthText(start: string, end: string): string {
  const minutes = Math.round((Date.parse(end) - Date.parse(start)) / 60_000)
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  return [hours > 0 && `${hours} h`, (rest > 0 || hours === 0) && `${rest} min`].filter(Boolean).join(' ')
}

/** `just now`, `40 s`, `3 min`, `2 h`, `5 days`: as exact as a person needs. */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000))
  if (seconds < 5) return 'just now'
  if (seconds < 90) return `${seconds} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`
  return `${Math.round(seconds / 86_400)} days ago`
}

/** `412 ms`, `3.2 s`: how long something took. */
export const durationText = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

/** `14 min`, `40 s`: what is left of a time. */
export function durationLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
