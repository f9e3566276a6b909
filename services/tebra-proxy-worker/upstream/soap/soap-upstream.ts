import { type Handlers, runHandler } from '../handlers.ts'
import { measureHealth, tryConnection } from '../measure-health.ts'
import type { Upstream, UpstreamDeps } from '../upstream.ts'
import { getPractices, type PracticeIds } from './practice.ts'
import { appointmentNow, findAppointment } from './read-appointment.ts'
import { getAppointments, syncSchedule } from './read-appointments.ts'
import {
  getAppointmentReasons,
  getPatient,
  getPatients,
  getProviders,
  getServiceLocations,
  readThrottles,
  searchPatients,
} from './read-clinic.ts'
import { openSoapSession, type SoapSession } from './soap-session.ts'
import { createAppointment, updateAppointment, updateAppointmentStatus } from './write-appointment.ts'

const form = 'soap'

const createHandlers = (practices: PracticeIds): Handlers<SoapSession> => ({
  testConnection: (_params, session) =>
    tryConnection(form, async () => (await getPractices(session))[0]?.name),
  healthCheck: (_params, session) => measureHealth(form, session, () => session.call('GetCustomerIdFromKey')),
  getPatient,
  searchPatients,
  getPatients,
  getProviders: (_params, session) => getProviders(session),
  getAppointments,
  createAppointment: (params, session) => createAppointment(params, session, practices),
  updateAppointment: (params, session) => updateAppointment(params, session, practices),
  updateAppointmentStatus: (params, session) => updateAppointmentStatus(params, session, practices),
  syncSchedule,
  getPractices: (_params, session) => getPractices(session),
  getServiceLocations: (_params, session) => getServiceLocations(session),
  getAppointmentReasons: (_params, session) => getAppointmentReasons(session, practices),
})

/** Tebra's SOAP 2.1 service, spoken to directly (Tebra technical guide, April 2025). */
export function createSoapUpstream(deps: UpstreamDeps): Upstream {
  const practices: PracticeIds = new Map()
  const handlers = createHandlers(practices)
  return {
    form,
    perform: async (call) => runHandler(handlers, call, await openSoapSession(deps, call, call.action)),
    findAppointment: async (key, context) =>
      findAppointment(await openSoapSession(deps, context, 'findAppointment'), practices, key),
    appointmentNow: async (appointmentId, context) =>
      appointmentNow(await openSoapSession(deps, context, 'appointmentNow'), practices, appointmentId),
    throttles: async (context) => readThrottles(await openSoapSession(deps, context, 'throttles')),
  }
}
