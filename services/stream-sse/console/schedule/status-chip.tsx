import type { Appointment } from '#lib/contract/clinic.ts'
import { statusName, statusTone } from '../parts/names.ts'

type Props = Pick<Appointment, 'status' | 'upstreamStatus'>

/** Where an appointment stands; a status we do not know is flagged in the spelling Tebra gave it. */
export function StatusChip({ status, upstreamStatus }: Props) {
  return (
    <span className={`chip chip-${statusTone[status]}`}>
      {status === 'unknown' ? (
        <>
          <span className="visually-hidden">Unknown status, in Tebra: </span>
          <span aria-hidden="true">? </span>
          {upstreamStatus || 'no status'}
        </>
      ) : (
        statusName(status)
      )}
    </span>
  )
}
