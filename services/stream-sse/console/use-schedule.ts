import { useCallback, useEffect, useState } from 'react'
import type { TebraClient } from '#lib/client/tebra-client.ts'
import { type TebraRequestState, useTebraRequest } from '#lib/client/use-tebra-request.ts'
import type { Schedule } from '#lib/contract/clinic.ts'
import { dayAt, knownZone } from './clinic-time.ts'

export interface ScheduleHandle {
  /** The day chosen; the clinic's today until somebody chooses. */
  readonly date: string
  readonly today: string
  readonly timeZone: string | undefined
  /** What is known of that day, also while a newer one is on its way or has failed to come. */
  readonly schedule: Schedule | undefined
  readonly request: TebraRequestState<'syncSchedule'>
  show(date: string): void
  refresh(): void
}

/** The days seen so far, kept in memory only, and the request for the one that is shown. */
export function useSchedule(client: TebraClient, now: number): ScheduleHandle {
  const { state: request, send } = useTebraRequest(client, 'syncSchedule')
  const [chosen, setChosen] = useState<string>()
  const [known, setKnown] = useState<ReadonlyMap<string, Schedule>>(new Map())
  const [timeZone, setTimeZone] = useState<string>()
  const today = dayAt(now, timeZone)
  const date = chosen ?? today

  useEffect(() => {
    if (request.kind !== 'done') return
    const schedule = { ...request.data, timeZone: knownZone(request.data.timeZone) }
    setKnown((before) => new Map(before).set(schedule.date, schedule))
    setTimeZone(schedule.timeZone)
  }, [request])

  // Which day is today is the clinic's matter, so that the first request leaves it to the server.
  const load = useCallback(
    (day: string | undefined) => void send(day === undefined ? {} : { date: day }),
    [send],
  )
  useEffect(() => load(undefined), [load])

  return {
    date,
    today,
    timeZone,
    schedule: known.get(date),
    request,
    show(day) {
      const next = day === today ? undefined : day
      setChosen(next)
      load(next)
    },
    refresh: () => load(chosen),
  }
}
