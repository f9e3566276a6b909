import type { AppointmentStatus } from '#lib/contract/clinic.ts'

export type WritableStatus = Exclude<AppointmentStatus, 'unknown'>

/** How a status is spelled when it is written (Tebra technical guide, April 2025; Tentative and Rescheduled: its WSDL). */
export const upstreamSpelling: Readonly<Record<WritableStatus, string>> = {
  tentative: 'Tentative',
  scheduled: 'Scheduled',
  confirmed: 'Confirmed',
  'checked-in': 'CheckedIn',
  roomed: 'Roomed',
  'ready-for-provider': 'ReadyToBeSeen',
  'checked-out': 'CheckedOut',
  'no-show': 'NoShow',
  cancelled: 'Cancelled',
  rescheduled: 'Rescheduled',
}

const plain = (text: string): string => text.toLowerCase().replace(/[-_\s]/g, '')

const readings = new Map<string, AppointmentStatus>([
  ...Object.entries(upstreamSpelling).map(
    ([status, spelling]) => [plain(spelling), status as WritableStatus] as const,
  ),
  ['remindersent', 'scheduled'],
  ['checkin', 'checked-in'],
  ['checkout', 'checked-out'],
  ['needsreschedule', 'rescheduled'],
  ['canceled', 'cancelled'],
])

/** Reads a status whatever its case, hyphens and spaces; what Tebra never documented is `unknown`, never a guess. */
export const readStatus = (spelling: string): AppointmentStatus => readings.get(plain(spelling)) ?? 'unknown'
