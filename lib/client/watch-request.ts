import type { RequestRecord } from '#lib/contract/requests.ts'
import type { ClientEnvironment } from './client-environment.ts'
import type { EventStream } from './event-stream.ts'
import { endOfEvent, endOfRecord, type Progress, type RequestEnd } from './request-end.ts'
import { ServiceError } from './service-error.ts'
import { wait } from './wait.ts'

export type RequestEvents = Pick<EventStream, 'state' | 'onEvent' | 'onState' | 'onResync'>

export interface RequestWatch {
  /** Resolves at the end of the request; rejects with a ServiceError where its record is refused. */
  readonly end: Promise<RequestEnd>
  /** The id, once an answer or an event told it. */
  readonly requestId: string | undefined
  /** Tells the id of the 202 answer. */
  accepted(requestId: string): void
  /** Reads the record now: the events may have left something out. */
  check(): void
  stop(): void
}

export interface WatchDeps {
  readonly correlationId: string
  readonly events: RequestEvents
  readonly environment: ClientEnvironment
  readonly onProgress: (progress: Progress) => void
  readonly read: (requestId: string, waitSeconds: number, signal: AbortSignal) => Promise<RequestRecord>
}

/** Below the 30 s the service allows at most, so that no proxy in between gives up first. */
const longPollSeconds = 10
const pauseBetweenReadsMs = 1000

/** Whether the record will not be told however often it is asked for; anything but a service's answer is a fault. */
const isRefused = (error: unknown): boolean =>
  !(error instanceof ServiceError) || [401, 403, 404].includes(error.status ?? 0)

/**
 * Follows one request to its end: by events while the stream is live, by its record after every gap, and by long polls of the
 * record for as long as there is no stream. Started before the submission, so that an event which overtakes the answer counts.
 */
export function watchRequest(deps: WatchDeps): RequestWatch {
  const { events, environment, correlationId } = deps
  let resolve: (end: RequestEnd) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const end = new Promise<RequestEnd>((onEnd, onRefusal) => {
    resolve = onEnd
    reject = onRefusal
  })
  const life = new AbortController()
  const seen = new Set<string>()
  let requestId: string | undefined
  let isReading = false
  let isOwed = false
  let wasLive = isLive()

  function isLive(): boolean {
    return events.state.kind === 'open' && events.state.isReady
  }

  function tell(progress: Progress): void {
    const key = progress.status === 'pending' ? 'pending' : `${progress.status} ${progress.attempt}`
    // The first step says nothing once a later one was heard.
    if (seen.has(key) || (key === 'pending' && seen.size > 0)) return
    seen.add(key)
    deps.onProgress(progress)
  }

  function settle(reached: RequestEnd): void {
    life.abort()
    resolve(reached)
  }

  function tellTimeline(record: RequestRecord): void {
    for (const { status, attempt = 0, at, reason } of record.timeline) {
      tell({ requestId: record.id, status, attempt, at, reason })
    }
  }

  async function follow(id: string): Promise<void> {
    isReading = true
    try {
      while (!life.signal.aborted && (isOwed || !isLive())) {
        isOwed = false
        await readOnce(id)
      }
    } finally {
      isReading = false
    }
  }

  async function readOnce(id: string): Promise<void> {
    const startedAt = environment.now()
    try {
      const record = await deps.read(id, isLive() ? 0 : longPollSeconds, life.signal)
      if (life.signal.aborted) return
      tellTimeline(record)
      const reached = endOfRecord(record)
      if (reached) settle(reached)
    } catch (error) {
      if (life.signal.aborted) return
      if (isRefused(error)) {
        life.abort()
        reject(error)
        return
      }
      isOwed = true
    }
    // A service that is down, or answers a long poll at once, must not be asked in a tight loop.
    const isEarly = environment.now() - startedAt < pauseBetweenReadsMs
    if (isEarly && (isOwed || !isLive())) {
      await wait(environment, pauseBetweenReadsMs, life.signal)
    }
  }

  function check(): void {
    isOwed = true
    if (requestId !== undefined && !isReading) void follow(requestId)
  }

  const stopListening = [
    events.onEvent((event) => {
      if (event.stream !== 'tebra:status' && event.stream !== 'tebra:responses') return
      if (event.data.correlationId !== correlationId || life.signal.aborted) return
      requestId ??= event.data.requestId
      if (event.stream === 'tebra:status') {
        const { status, attempt, timestamp: at, reason } = event.data
        return tell({ requestId, status, attempt, at, reason })
      }
      const reached = endOfEvent(event.data)
      if (reached) settle(reached)
      else check()
    }),
    events.onResync(check),
    events.onState(() => {
      if (isLive() === wasLive) return
      wasLive = !wasLive
      check()
    }),
  ]

  return {
    end,
    get requestId() {
      return requestId
    },
    accepted(id) {
      requestId = id
      tell({ requestId: id, status: 'pending', attempt: 0, at: new Date().toISOString(), reason: undefined })
      if (isOwed || !isLive()) check()
    },
    check,
    stop() {
      life.abort()
      for (const stop of stopListening) stop()
    },
  }
}
