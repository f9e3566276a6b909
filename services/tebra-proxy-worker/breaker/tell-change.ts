import type { Logger } from '#lib/observability/logger.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import type { SharedState } from './shared-state.ts'

/** Logs what this process's step changed for the fleet: one ERROR when trouble starts, one INFO when it ends. */
export function tellChange(logger: Logger, form: UpstreamForm, { changed, epoch }: SharedState): void {
  if (changed === 'opened')
    logger.error({ upstream: form, epoch }, 'the circuit breaker opened for all workers')
  if (changed === 'closed')
    logger.info({ upstream: form, epoch }, 'the circuit breaker closed for all workers')
}
