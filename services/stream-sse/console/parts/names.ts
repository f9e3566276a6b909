import type { AppointmentStatus } from '#lib/contract/clinic.ts'
import type { Permission, Role } from '#lib/contract/permissions.ts'
import type { RequestStatus } from '#lib/contract/requests.ts'
import type { Tone } from './badge.tsx'

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

/** The roles a person may be given, each with what it is for. */
export const roleHints: Readonly<Record<Role, string>> = {
  'front-desk': 'Sees patients, books and checks in',
  clinician: 'Sees patients and moves them through the visit',
  operator: 'Looks after the queue, dead letters and alerts',
  auditor: 'Reads the audit log',
  admin: 'Everything, and manages users',
}
export const allRoles = Object.keys(roleHints) as readonly Role[]
/** What each permission lets one do. */
export const permissionHints: Readonly<Record<Permission, string>> = {
  'patients:read': 'See patients and appointments',
  'appointments:write': 'Book and change appointments',
  'flow:write': 'Move patients through the visit',
  'ops:read': 'See queue, workers and alerts',
  'dead-letters:write': 'Settle dead letters, hold the breaker',
  'events:publish': 'Publish events',
  'audit:read': 'Read the audit log',
  'users:manage': 'Manage users, programs and this page',
}

export const allPermissions = Object.keys(permissionHints) as readonly Permission[]

/** How the state of a request weighs. */
export const requestTone: Readonly<Record<RequestStatus, Tone>> = {
  pending: 'off',
  processing: 'busy',
  retrying: 'busy',
  success: 'good',
  error: 'bad',
  dead: 'bad',
  uncertain: 'warn',
  cancelled: 'off',
}
export const requestStates = Object.keys(requestTone) as readonly RequestStatus[]

/** An id as far as a person compares it. */
export const shortId = (id: string): string => (longId.test(id) ? `…${id.slice(-8)}` : id)
const longId = /^[0-9a-f-]{16,}$/
