import { useEffect, useState } from 'react'
import { type ScheduleHandle, useSchedule } from '#lib/client/use-schedule.ts'
import { dayAt, knownZone } from '../parts/clinic-time.ts'
import { useLive } from '../parts/live.tsx'
import { useService } from '../parts/service.tsx'

/** How often the day is read anew while somebody looks: Tebra does not say when another desk changed it. */
const everyMs = 60_000

export interface DayHandle extends ScheduleHandle {
  /** The day chosen; the clinic's today until somebody chooses. */
  readonly date: string
  readonly today: string
  readonly timeZone: string | undefined
  show(date: string): void
}

/** The day that is shown, kept up to date. */
export function useDay(now: number): DayHandle {
  const { client, events } = useLive()
  const [chosen, setChosen] = useState<string>()
  const [timeZone, setTimeZone] = useState<string>()
  // Which day is today is the clinic's matter, so that the first request leaves it to the server.
  const day = useSchedule(client, { events, date: chosen, cache: 'allow-stale', everyMs })
  const { request } = day
  const { lost } = useService()
  const isLost = request.kind === 'failed' && request.error.httpStatus === 401
  useEffect(() => {
    if (isLost) void lost()
  }, [isLost, lost])

  const zone = day.schedule && knownZone(day.schedule.timeZone)
  useEffect(() => {
    if (zone !== undefined) setTimeZone(zone)
  }, [zone])

  const today = dayAt(now, timeZone)
  return {
    ...day,
    schedule: day.schedule && { ...day.schedule, timeZone: zone ?? day.schedule.timeZone },
    date: chosen ?? today,
    today,
    timeZone,
    show: (date) => setChosen(date === today ? undefined : date),
  }
}
