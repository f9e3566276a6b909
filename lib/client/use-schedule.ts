import { useCallback, useEffect, useRef, useState } from 'react'
import type { ActionName } from '#lib/contract/actions.ts'
import type { Schedule } from '#lib/contract/clinic.ts'
import type { AnswerMeta, CacheMode } from '#lib/contract/requests.ts'
import type { TebraClient } from './tebra-client.ts'
import { type TebraRequestState, useTebraRequest } from './use-tebra-request.ts'
import type { RequestEvents } from './watch-request.ts'

export interface ScheduleOptions {
  /** The stream of the client: a change of an appointment, or a gap, reads the day anew. */
  readonly events: RequestEvents
  /** A day as `2026-11-20`; the clinic's today unless given. */
  readonly date?: string | undefined
  /** How old the day may be when it is first shown; a refresh is always fresh. */
  readonly cache?: CacheMode
  /** Reads the day anew this often while the page is seen, for what others changed; it counts as nobody's activity. */
  readonly everyMs?: number
}

export interface ScheduleHandle {
  /** What is known of that day, also while a newer one is on its way or has failed to come. */
  readonly schedule: Schedule | undefined
  /** Where that came from, and whether it stands in for a Tebra that is away. */
  readonly meta: AnswerMeta | undefined
  readonly request: TebraRequestState<'syncSchedule'>
  refresh(): void
}

const changes: ReadonlySet<ActionName> = new Set([
  'createAppointment',
  'updateAppointment',
  'updateAppointmentStatus',
])
interface Known {
  readonly asked: string | undefined
  readonly schedule: Schedule
  readonly meta: AnswerMeta | undefined
}

/** One day of the clinic, kept up to date with what this person changes in any tab. */
export function useSchedule(client: TebraClient, options: ScheduleOptions): ScheduleHandle {
  const { events, date, cache = 'fresh', everyMs } = options
  const { state: request, send } = useTebraRequest(client, 'syncSchedule')
  const [known, setKnown] = useState<Known>()
  const isDue = useRef(false)
  const isBusy = request.kind === 'submitting' || request.kind === 'waiting'

  const asked = useRef<string>(undefined)
  const load = useCallback(
    (mode: CacheMode, background: boolean) => {
      asked.current = date
      void send(date === undefined ? {} : { date }, { cache: mode, background })
    },
    [send, date],
  )
  useEffect(() => load(cache, false), [load, cache])
  useEffect(() => {
    // Kept with the day it was asked for, which may be another than the one that is shown by now.
    if (request.kind === 'done')
      setKnown({ asked: asked.current, schedule: request.data, meta: request.meta })
  }, [request])

  const busy = useRef(isBusy)
  busy.current = isBusy
  useEffect(() => {
    // One that is on its way may have read the day before the change.
    const renew = (): void => {
      if (busy.current) isDue.current = true
      else load('fresh', true)
    }
    const stops = [
      events.onEvent(({ stream, data }) => {
        if (stream === 'tebra:responses' && data.status === 'success' && changes.has(data.action)) renew()
      }),
      events.onResync(renew),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [events, load])
  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => document.hidden || busy.current || load('prefer', true), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, load])
  useEffect(() => {
    if (isBusy || !isDue.current) return
    isDue.current = false
    load('fresh', true)
  }, [isBusy, load])

  const isShown = known !== undefined && known.asked === date
  return {
    schedule: isShown ? known.schedule : undefined,
    meta: isShown ? known.meta : undefined,
    request,
    refresh: useCallback(() => load('fresh', false), [load]),
  }
}
