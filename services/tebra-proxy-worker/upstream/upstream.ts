import type { z } from 'zod'
import type { ActionName, ActionResult, actions } from '#lib/contract/actions.ts'
import type { Appointment } from '#lib/contract/clinic.ts'

export type UpstreamForm = 'soap' | 'php'

/** What opens one practice's Tebra account. It lives in memory only, and no error or log ever carries it. */
export interface TebraCredentials {
  readonly customerKey: string
  readonly user: string
  readonly password: string
  /** Narrows every answer to one practice; needed where the account has several. */
  readonly practiceName?: string | undefined
  readonly phpApiKey?: string | undefined
  /** The clinic's IANA zone, e.g. `America/New_York`: it decides which instants are a local day. */
  readonly timeZone: string
}

/** For whom and how long a call runs; `correlationId` travels as X-Correlation-Id. */
export interface CallContext {
  readonly practiceId: string
  readonly correlationId: string
  readonly signal: AbortSignal
  /** Called each time an operation is admitted and about to be sent; its rejection keeps it from being sent. */
  readonly onAdmitted?: (() => Promise<void>) | undefined
}

export interface UpstreamCall<A extends ActionName = ActionName> extends CallContext {
  readonly action: A
  /** As the action's schema parsed them, defaults filled in. */
  readonly params: unknown
}

/** An action's parameters after its schema has parsed them. */
export type ParsedParams<A extends ActionName> = z.output<(typeof actions)[A]['params']>

/** What makes two creates the same appointment for a clinic. */
export interface AppointmentKey {
  readonly patientId: string
  readonly start: string
  readonly providerId: string
}

/** Tebra behind one typed face, whichever form answers. Every rejection is an `UpstreamError`, or `admit`'s own. */
export interface Upstream {
  readonly form: UpstreamForm
  /** Runs one action; each operation behind it first awaits `admit`. Nothing is retried here. */
  perform<A extends ActionName>(call: UpstreamCall<A>): Promise<ActionResult<A>>
  /** Looks for the appointment that an unclear create may have made; cancelled and rescheduled ones do not count. */
  findAppointment(key: AppointmentKey, context: CallContext): Promise<Appointment | undefined>
  /** The appointment as the upstream has it now, to settle an unclear update; undefined where it has none. */
  appointmentNow(appointmentId: string, context: CallContext): Promise<Appointment | undefined>
  /** Minimum intervals in ms by operation, as the vendor states them for this account (SOAP only). */
  throttles?(context: CallContext): Promise<ReadonlyMap<string, number>>
}

export interface UpstreamDeps {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>
  readonly clock: { now(): number }
  /** Waits until the account of `context.practiceId` may call `operation`: the limiter all workers share. */
  admit(operation: string, context: CallContext): Promise<void>
  readonly endpoint: URL
  credentialsOf(practiceId: string): TebraCredentials | undefined | Promise<TebraCredentials | undefined>
  /** Of one operation, from its first byte sent to its last byte read. */
  readonly timeoutMs: number
  readonly answerBytesMax: number
}
