import type { ActionName, ActionParams, ActionResult } from '#lib/contract/actions.ts'
import type { EventEnvelope, ResponseEvent, StatusEvent } from '#lib/contract/events.ts'
import type { SubmitRequest } from '#lib/contract/requests.ts'
import type { ConnectionState, GapReason } from '../connection-state.ts'
import { EventStream } from '../event-stream.ts'
import type { Fetch } from '../run-stream.ts'

const reportNothing = (): void => undefined
const now = (): string => new Date().toISOString()

/** Live events in the hands of a test: no network, no timers. Takes the place of any stream the library makes. */
export class FakeEvents extends EventStream {
  #count = 0

  /** @param report takes the errors of listeners, which are dropped unless given */
  constructor(report: (error: unknown) => void = reportNothing) {
    super(report)
  }

  /** Open and replayed at once. */
  override open(): void {
    this.become({ kind: 'open', since: Date.now(), isReady: true })
  }

  override close(): void {
    this.become({ kind: 'ended', reason: 'closed' })
  }

  /** Puts the stream where the test wants it. */
  override become(state: ConnectionState): void {
    super.become(state)
  }

  /** Says that events may be missing. */
  resync(reason: GapReason = 'trimmed'): void {
    this.tellGap(reason)
  }

  send(event: EventEnvelope): void {
    this.tellEvent(event)
  }

  /** One step on the way of a request. */
  status(of: Pick<StatusEvent, 'requestId' | 'correlationId' | 'status'> & Partial<StatusEvent>): void {
    const data = { action: 'healthCheck', attempt: 1, timestamp: now(), ...of } as const
    this.send({ stream: 'tebra:status', id: this.#nextId(), data })
  }

  /** The end of a request. */
  response(of: Pick<ResponseEvent, 'requestId' | 'correlationId'> & Partial<ResponseEvent>): void {
    const told = { action: 'healthCheck', status: 'success', timestamp: now(), duration: 1 } as const
    this.send({ stream: 'tebra:responses', id: this.#nextId(), data: { ...told, ...of } })
  }

  #nextId(): string {
    this.#count++
    return `${this.#count}-0`
  }
}

type Answers = { readonly [A in ActionName]?: (params: ActionParams<A>) => ActionResult<A> }

/**
 * A Tebra for tests of an application: `new TebraClient({ events, fetch: fakeTebra(events, { getProviders: () => [] }) })`.
 * Accepts each submission and tells its end by the events; one that throws, or has no answer here, ends as an error.
 */
export function fakeTebra(
  events: FakeEvents,
  answers: Answers,
): Fetch & { readonly submissions: SubmitRequest[] } {
  const submissions: SubmitRequest[] = []
  const send: Fetch = async (url, init) => {
    if (init.method !== 'POST' || !url.endsWith('/tebra/requests'))
      return new Response('not played', { status: 404 })
    const submission = JSON.parse(String(init.body)) as SubmitRequest
    submissions.push(submission)
    const { action, correlationId = crypto.randomUUID() } = submission
    const requestId = crypto.randomUUID()
    const about = { requestId, correlationId, action }
    queueMicrotask(() => {
      events.status({ ...about, status: 'processing' })
      events.response({ ...about, ...endOf(submission, answers) })
    })
    const links = { self: `/tebra/requests/${requestId}`, events: '/events' }
    return Response.json({ id: requestId, correlationId, status: 'pending', links }, { status: 202 })
  }
  return Object.assign(send, { submissions })
}

function endOf({ action, params }: SubmitRequest, answers: Answers): Partial<ResponseEvent> {
  const answer = answers[action] as ((given: unknown) => unknown) | undefined
  try {
    if (answer === undefined) throw new Error(`this test has no answer to ${action}`)
    return { data: answer(params) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { status: 'error', error: { code: 'refused', message, retryable: false } }
  }
}
