import { longDay, zoneName } from '../parts/clinic-time.ts'
import { useNow } from '../parts/use-now.ts'
import { DayPicker } from './day-picker.tsx'
import { RequestStepper } from './request-stepper.tsx'
import { ScheduleBody } from './schedule-body.tsx'
import { useDay } from './use-day.ts'

/** One day of the clinic: which, how fresh, on which way, and who comes. */
export function SchedulePage() {
  const now = useNow(10_000)
  const day = useDay(now)
  const { request, schedule, date, today, timeZone } = day
  const isBusy = request.kind === 'submitting' || request.kind === 'waiting'

  return (
    <section className="card schedule" aria-labelledby="schedule-title">
      <div className="schedule-head">
        <div className="schedule-title">
          <p className="eyebrow">{date === today ? 'Today’s schedule' : 'Schedule'}</p>
          <h1 id="schedule-title">{longDay(date)}</h1>
          {timeZone !== undefined && (
            <p className="muted">Clinic time · {zoneName(timeZone, Date.parse(`${date}T12:00Z`))}</p>
          )}
        </div>
        <div className="schedule-tools">
          <DayPicker date={date} today={today} onChoose={day.show} />
          <button
            type="button"
            className="button button-primary button-small"
            aria-disabled={isBusy}
            onClick={() => isBusy || day.refresh()}
          >
            {isBusy ? 'Refreshing…' : 'Refresh'}
          </button>
        </div>
      </div>
      <RequestStepper request={request} />
      <p className="visually-hidden" role="status">
        {spoken(request.kind, schedule?.appointments.length ?? 0)}
      </p>
      <ScheduleBody
        schedule={schedule}
        meta={day.meta}
        request={request}
        isBusy={isBusy}
        now={now}
        onRetry={day.refresh}
      />
    </section>
  )
}

/** A failure is announced where it is shown. */
function spoken(kind: string, count: number): string {
  if (kind === 'submitting') return 'Refreshing the schedule.'
  if (kind === 'waiting') return 'Waiting for Tebra.'
  return kind === 'done' ? `The schedule is up to date: ${countText(count)}.` : ''
}

const countText = (count: number): string => (count === 1 ? '1 appointment' : `${count} appointments`)
