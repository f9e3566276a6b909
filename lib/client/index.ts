/** The browser library: what every application needs, without React. */
export type { ActionName, ActionParams, ActionResult } from '#lib/contract/actions.ts'
export type { EventEnvelope, ResponseEvent, StatusEvent, StreamName } from '#lib/contract/events.ts'
export type { ProblemCode } from '#lib/contract/problem.ts'
export type {
  AnswerMeta,
  CacheMode,
  RequestRecord,
  RequestStatus,
  SubmitAnswer,
} from '#lib/contract/requests.ts'
export type { LoginAnswer, SessionAnswer } from '#lib/contract/session.ts'
export { AuthClient, type AuthClientOptions, type LoginOutcome } from './auth-client.ts'
export { browserEnvironment, type ClientEnvironment } from './client-environment.ts'
export type { ConnectionState, EndReason, GapReason, WaitReason } from './connection-state.ts'
export { type CreateEventsOptions, createEvents } from './create-events.ts'
export { EventConnection, type EventConnectionOptions } from './event-connection.ts'
export { EventStream } from './event-stream.ts'
export { IdleLogoff, type IdleLogoffOptions, type IdleState } from './idle-logoff.ts'
export type { Progress } from './request-end.ts'
export { ServiceError } from './service-error.ts'
export { SharedEvents, type SharedEventsOptions } from './shared-events.ts'
export { TebraCallError } from './tebra-call-error.ts'
export {
  type Answer,
  type CallOptions,
  type SubmitOptions,
  TebraClient,
  type TebraClientOptions,
} from './tebra-client.ts'
