import type { Appointment } from '#lib/contract/clinic.ts'
import type { CallContext, ParsedParams, Upstream } from '../upstream/upstream.ts'

/** What became of a write whose answer never came. */
export type Reconciliation =
  | { readonly kind: 'applied'; readonly result: Appointment }
  | { readonly kind: 'not-applied' }
  | { readonly kind: 'unknown' }

/**
 * Asks the upstream whether an unclear write has landed; Tebra has no idempotency key, so this is all there is to
 * go by. Rejects with an `UpstreamError` when it cannot be asked.
 */
export async function reconcile(
  upstream: Upstream,
  action: 'createAppointment' | 'updateAppointment',
  params: unknown,
  context: CallContext,
): Promise<Reconciliation> {
  if (action === 'createAppointment') {
    const wanted = params as ParsedParams<'createAppointment'>
    const found = await upstream.findAppointment(wanted, context)
    return found ? { kind: 'applied', result: found } : { kind: 'not-applied' }
  }
  const wanted = params as ParsedParams<'updateAppointment'>
  const now = await upstream.appointmentNow(wanted.appointmentId, context)
  if (!now) return { kind: 'unknown' }
  return matches(now, wanted) ? { kind: 'applied', result: now } : { kind: 'not-applied' }
}

/** Whether the appointment shows every change that can be seen in it; a reason's id cannot. */
function matches(now: Appointment, wanted: ParsedParams<'updateAppointment'>): boolean {
  const same = <T>(asked: T | undefined, is: T | undefined) => asked === undefined || asked === is
  return (
    same(wanted.start && Date.parse(wanted.start), Date.parse(now.start)) &&
    same(wanted.end && Date.parse(wanted.end), Date.parse(now.end)) &&
    same(wanted.status, now.status as typeof wanted.status) &&
    same(wanted.notes, now.notes) &&
    same(wanted.locationId, now.locationId) &&
    same(wanted.providerId, now.providerId)
  )
}
