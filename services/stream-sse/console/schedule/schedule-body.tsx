import type { TebraRequestState } from '#lib/client/use-tebra-request.ts'
import type { Schedule } from '#lib/contract/clinic.ts'
import type { AnswerMeta } from '#lib/contract/requests.ts'
import { ageText, clockTime } from '../parts/clinic-time.ts'
import { failureText } from '../parts/failure-text.ts'
import { Notice } from '../parts/notice.tsx'
import { AppointmentList } from './appointment-list.tsx'
import { ScheduleSkeleton } from './schedule-skeleton.tsx'
import { StatusCounts } from './status-counts.tsx'

export interface ScheduleBodyProps {
  readonly schedule: Schedule | undefined
  readonly meta: AnswerMeta | undefined
  readonly request: TebraRequestState<'syncSchedule'>
  readonly isBusy: boolean
  readonly now: number
  readonly onRetry: () => void
}

/** A day that failed to load is never shown as an empty one: what was known stays and is marked stale, or the error stands alone. */
export function ScheduleBody({ schedule, meta, request, isBusy, now, onRetry }: ScheduleBodyProps) {
  const failure = request.kind === 'failed' ? failureText(request.error) : undefined
  const retry = (
    <button type="button" className="button button-small" onClick={onRetry}>
      Try again
    </button>
  )
  if (schedule === undefined) {
    if (failure === undefined) return <ScheduleSkeleton />
    return (
      <div className="empty" role="alert">
        <svg className="empty-art empty-art-bad" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
          <path d="M24 9 42 40H6L24 9ZM24 21v9M24 34.5v.5" />
        </svg>
        <h2>The schedule could not be loaded</h2>
        <p>{failure.text}</p>
        <p className="muted">
          Code <code>{failure.code}</code>
        </p>
        {retry}
      </div>
    )
  }
  const syncedAt = Date.parse(schedule.syncedAt)
  const age = `${clockTime(syncedAt, schedule.timeZone)}, ${ageText(now - syncedAt)}`
  const isStandIn = meta?.stale === true && failure === undefined
  return (
    <div aria-busy={isBusy}>
      {isStandIn && (
        <Notice tone="warn" title={`Tebra is away: this is the schedule as of ${age}`} isAnnounced>
          <p>What was changed in Tebra since then is not in it. It is read anew by itself.</p>
        </Notice>
      )}
      {failure !== undefined && (
        <Notice tone="warn" title={`Not up to date: this is the schedule as of ${age}`} isAnnounced>
          <p>
            {failure.text} <span className="muted">Code</span> <code>{failure.code}</code>
          </p>
          {retry}
        </Notice>
      )}
      {schedule.appointments.length === 0 ? (
        <div className="empty">
          <svg className="empty-art" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
            <rect x="8" y="11" width="32" height="29" rx="5" />
            <path d="M8 20h32M17 7v8M31 7v8M18 30.5l4 4 8-8" />
          </svg>
          <h2>No appointments on this day</h2>
          <p>Tebra answered, and its calendar for this day is empty.</p>
        </div>
      ) : (
        <>
          <StatusCounts appointments={schedule.appointments} />
          <AppointmentList schedule={schedule} now={now} isStale={failure !== undefined || isStandIn} />
        </>
      )}
      <p className="schedule-foot muted">From Tebra at {age}</p>
    </div>
  )
}
