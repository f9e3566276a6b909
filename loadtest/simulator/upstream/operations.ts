import type { Context } from './context.ts'
import type { Payload } from './payload.ts'
import { getAppointment, getAppointments } from './read-appointments.ts'
import {
  getAppointmentReasons,
  getPatient,
  getPatients,
  getPractices,
  getProviders,
  getServiceLocations,
  getThrottles,
} from './read-clinic.ts'
import { createAppointment, updateAppointment, updateAppointmentStatus } from './write-appointments.ts'

/** An operation and the member of its answer that is nil when it did not run. */
export type Operation = { payload: string; run: (context: Context) => Payload }

/** What exists. SearchPatients and the plural CreateAppointments do not (observed live behaviour). */
export const operations: Readonly<Record<string, Operation>> = {
  GetPatient: { payload: 'Patient', run: getPatient },
  GetPatients: { payload: 'Patients', run: getPatients },
  GetAppointments: { payload: 'Appointments', run: getAppointments },
  GetAppointment: { payload: 'Appointment', run: getAppointment },
  CreateAppointment: { payload: 'Appointment', run: createAppointment },
  UpdateAppointment: { payload: 'Appointment', run: updateAppointment },
  UpdateAppointmentStatus: { payload: 'Appointment', run: updateAppointmentStatus },
  GetProviders: { payload: 'Providers', run: getProviders },
  GetPractices: { payload: 'Practices', run: getPractices },
  GetServiceLocations: { payload: 'ServiceLocations', run: getServiceLocations },
  GetAppointmentReasons: { payload: 'AppointmentReasons', run: getAppointmentReasons },
  GetThrottles: { payload: 'Throttles', run: getThrottles },
  GetCustomerIdFromKey: {
    payload: 'CustomerId',
    run: () => ({ kind: 'value', name: 'CustomerId', value: null }),
  },
}
