import { expect, test } from 'vitest'
import { readStatus, upstreamSpelling } from './appointment-status.ts'

test.each([
  ['CheckedIn', 'checked-in'],
  ['Check-in', 'checked-in'],
  ['Check-Out', 'checked-out'],
  ['checked out', 'checked-out'],
  ['No-show', 'no-show'],
  ['NOSHOW', 'no-show'],
  ['Reminder Sent', 'scheduled'],
  ['Needs Reschedule', 'rescheduled'],
  ['Ready To Be Seen', 'ready-for-provider'],
  ['Unknown', 'unknown'],
  ['Teleported', 'unknown'],
  ['', 'unknown'],
  ['constructor', 'unknown'],
])('reads %j as %s', (spelling, status) => {
  expect(readStatus(spelling)).toBe(status)
})

test('reads every status it writes as itself', () => {
  for (const [status, spelling] of Object.entries(upstreamSpelling)) expect(readStatus(spelling)).toBe(status)
})
