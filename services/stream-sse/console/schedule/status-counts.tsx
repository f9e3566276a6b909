import type { Appointment, AppointmentStatus } from '#lib/contract/clinic.ts'
import { statusName, statusTone } from '../parts/names.ts'

/** The day in numbers: all, then each status that occurs, in the order of a visit. */
export function StatusCounts({ appointments }: { readonly appointments: readonly Appointment[] }) {
  const counts = new Map<AppointmentStatus, number>()
  for (const { status } of appointments) counts.set(status, (counts.get(status) ?? 0) + 1)
  const order = Object.keys(statusTone) as AppointmentStatus[]
  return (
    <ul className="counts" aria-label="Appointments by status">
      <li className="count count-all">
        <strong>{appointments.length}</strong> {appointments.length === 1 ? 'appointment' : 'appointments'}
      </li>
      {order
        .filter((status) => counts.has(status))
        .map((status) => (
          <li key={status} className={`count count-${statusTone[status]}`}>
            <strong>{counts.get(status)}</strong> {statusName(status)}
          </li>
        ))}
    </ul>
  )
}
