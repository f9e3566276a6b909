import type { ActionName } from '#lib/contract/actions.ts'
import type { UpstreamFailure } from '../error-classes.ts'
import { type Handlers, runHandler } from '../handlers.ts'
import { measureHealth, tryConnection } from '../measure-health.ts'
import type { Upstream, UpstreamDeps } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import { openPhpSession, type PhpSession } from './php-session.ts'
import {
  findOnDay,
  getAppointments,
  getPatient,
  getProviders,
  searchPatients,
  syncSchedule,
} from './read-clinic.ts'

const form = 'php'

/** Answers without sending anything. */
const never = (reason: UpstreamFailure, action: ActionName | 'appointmentNow') => () =>
  Promise.reject(new UpstreamError(reason, { operation: action }))

const probe = async (session: PhpSession): Promise<undefined> => {
  await session.call('testConnection')
  return undefined
}

// Its writes call operations that Tebra does not have: they have never worked and always answer soap_fault.
const handlers: Handlers<PhpSession> = {
  testConnection: (_params, session) => tryConnection(form, () => probe(session)),
  // By testConnection: the API's own `health` answers "healthy" without asking Tebra.
  healthCheck: (_params, session) => measureHealth(form, session, () => probe(session)),
  getPatient,
  searchPatients,
  getPatients: never('not-offered-by-php', 'getPatients'),
  getProviders: (_params, session) => getProviders(session),
  getAppointments,
  createAppointment: never('read-only-upstream', 'createAppointment'),
  updateAppointment: never('read-only-upstream', 'updateAppointment'),
  updateAppointmentStatus: never('read-only-upstream', 'updateAppointmentStatus'),
  syncSchedule,
  getPractices: never('not-offered-by-php', 'getPractices'),
  getServiceLocations: never('not-offered-by-php', 'getServiceLocations'),
  getAppointmentReasons: never('not-offered-by-php', 'getAppointmentReasons'),
}

/** The clinic's existing PHP API in front of Tebra; it only reads. */
export function createPhpUpstream(deps: UpstreamDeps): Upstream {
  return {
    form,
    perform: async (call) => runHandler(handlers, call, await openPhpSession(deps, call, call.action)),
    findAppointment: async (key, context) =>
      findOnDay(await openPhpSession(deps, context, 'findAppointment'), key),
    appointmentNow: never('not-offered-by-php', 'appointmentNow'),
  }
}
