import type { AppointmentStatus } from '#lib/contract/clinic.ts'
import type { Role } from '#lib/contract/permissions.ts'

/** `main-street-clinic` → `Main street clinic`. */
export function inWords(slug: string): string {
  const words = slug.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The roles as a person reads them. */
export const roleNames = (roles: readonly Role[]): string => roles.map(inWords).join(', ')

/** How a status weighs at the front desk; colour follows, and the text always stands beside it. */
export const statusTone: Readonly<
  Record<AppointmentStatus, 'plain' | 'sure' | 'here' | 'done' | 'lost' | 'flag'>
> = {
  tentative: 'plain',
  scheduled: 'plain',
  confirmed: 'sure',
  'checked-in': 'here',
  roomed: 'here',
  'ready-for-provider': 'here',
  'checked-out': 'done',
  'no-show': 'lost',
  cancelled: 'lost',
  rescheduled: 'lost',
  unknown: 'flag',
}

/** `no-show` keeps its dash: it is one word at every desk. */
export const statusName = (status: AppointmentStatus): string =>
  status === 'no-show' ? 'No-show' : inWords(status)
