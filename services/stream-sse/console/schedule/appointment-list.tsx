import type { Appointment, Schedule } from '#lib/contract/clinic.ts'
import { statusTone } from '../parts/names.ts'
import { AppointmentItem } from './appointment-item.tsx'

export interface AppointmentListProps {
  readonly schedule: Schedule
  readonly now: number
  /** Old knowledge must not claim who sits in the room now. */
  readonly isStale: boolean
}

function isCurrent(appointment: Appointment, now: number): boolean {
  const tone = statusTone[appointment.status]
  const isOver = tone === 'done' || tone === 'lost'
  return !isOver && Date.parse(appointment.start) <= now && now < Date.parse(appointment.end)
}

/** The appointments in the order of the day: columns on a desk, cards on a phone. */
export function AppointmentList({ schedule, now, isStale }: AppointmentListProps) {
  const inOrder = schedule.appointments.toSorted(
    (a, b) => a.start.localeCompare(b.start) || a.patientName.localeCompare(b.patientName),
  )
  return (
    <>
      <div className="visit visit-head" aria-hidden="true">
        <span>Time</span>
        <span>Patient</span>
        <span>Provider</span>
        <span>Status</span>
      </div>
      <ol className={isStale ? 'visits visits-stale' : 'visits'} aria-label="Appointments">
        {inOrder.map((appointment) => (
          <AppointmentItem
            key={appointment.id}
            appointment={appointment}
            timeZone={schedule.timeZone}
            isCurrent={!isStale && isCurrent(appointment, now)}
          />
        ))}
      </ol>
    </>
  )
}
