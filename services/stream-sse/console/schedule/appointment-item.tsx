import type { Appointment } from '#lib/contract/clinic.ts'
import { clockTime, lengthText } from '../parts/clinic-time.ts'
import { statusTone } from '../parts/names.ts'
import { StatusChip } from './status-chip.tsx'

export interface AppointmentItemProps {
  readonly appointment: Appointment
  readonly timeZone: string
  readonly isCurrent: boolean
}

/** One visit. Notes are left out: the front desk's screen is seen by those who wait. */
export function AppointmentItem({ appointment, timeZone, isCurrent }: AppointmentItemProps) {
  const { start, end, patientName, reason, providerName, locationName, status, upstreamStatus } = appointment
  const tone = statusTone[status]
  const classes = ['visit', isCurrent && 'visit-now', (tone === 'lost' || tone === 'done') && 'visit-past']
  return (
    <li className={classes.filter(Boolean).join(' ')} aria-current={isCurrent ? 'time' : undefined}>
      <div className="visit-time">
        <time dateTime={start}>{clockTime(start, timeZone)}</time>
        <span className="muted">{lengthText(start, end)}</span>
      </div>
      <div className="visit-who">
        <span className="visit-name">
          {patientName}
          {isCurrent && <span className="now-mark">Now</span>}
        </span>
        {reason !== undefined && <span className="muted">{reason}</span>}
      </div>
      <div className="visit-where">
        <span>{providerName ?? 'No provider named'}</span>
        {locationName !== undefined && <span className="muted">{locationName}</span>}
      </div>
      <div className="visit-status">
        <StatusChip status={status} upstreamStatus={upstreamStatus} />
      </div>
    </li>
  )
}
