import { createHmac } from 'node:crypto'

/**
 * The lane of a request: the appointment it is about, else the patient; '' for what is about neither. Keyed, because
 * a plain digest of a short number is as good as the number.
 */
export function createLaneOf(key: Buffer): (practiceId: string, params: unknown) => string {
  const digest = (...subject: string[]) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['lane', ...subject]))
      .digest('base64url')
      .slice(0, 22)

  return (practiceId, params) => {
    const { appointmentId, patientId } = params as { appointmentId?: unknown; patientId?: unknown }
    if (typeof appointmentId === 'string') return digest(practiceId, 'appointment', appointmentId)
    return typeof patientId === 'string' ? digest(practiceId, 'patient', patientId) : ''
  }
}
