import type { ActionResult } from '#lib/contract/actions.ts'
import type { UpstreamForm } from './upstream.ts'
import { UpstreamError } from './upstream-error.ts'

/** Times one probe. A probe that fails is the answer "not healthy", except when it was we who stopped it. */
export async function measureHealth(
  form: UpstreamForm,
  clock: { now(): number },
  probe: () => Promise<unknown>,
): Promise<ActionResult<'healthCheck'>> {
  const began = clock.now()
  const healthy = await probe().then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof UpstreamError) || error.reason.startsWith('cancelled')) throw error
      return false
    },
  )
  return { healthy, form, latencyMs: clock.now() - began }
}

/** Whether a probe is let in: refused credentials are the answer "not connected", everything else stays an error. */
export async function tryConnection(
  form: UpstreamForm,
  probe: () => Promise<string | undefined>,
): Promise<ActionResult<'testConnection'>> {
  try {
    const practiceName = await probe()
    return { connected: true, form, ...(practiceName === undefined ? {} : { practiceName }) }
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'authentication') return { connected: false, form }
    throw error
  }
}
