import { v7 as uuidv7 } from 'uuid'
import type { Logger } from '#lib/observability/logger.ts'
import { type Breaker, UpstreamUnavailable } from '../breaker/breaker.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { UpstreamError } from '../upstream/upstream-error.ts'
import type { AccountStops } from './account-stops.ts'

const askWithinMs = 60_000

/**
 * Tries the stopped accounts whose time has come, with one cheap read each, and resumes those that let us in. `upstream`
 * is one whose calls are admitted although the account is stopped. An account is named after one of its practices.
 */
export function createProbeAccounts(deps: {
  stops: AccountStops
  upstream: Upstream
  breaker: Breaker
  logger: Logger
}): () => Promise<void> {
  const { stops, upstream, breaker, logger } = deps

  const isLetIn = async (practiceId: string): Promise<boolean> => {
    const signal = AbortSignal.timeout(askWithinMs)
    try {
      await breaker.call(() =>
        upstream.perform({ practiceId, correlationId: uuidv7(), signal, action: 'getProviders', params: {} }),
      )
      return true
    } catch (error) {
      if (error instanceof UpstreamUnavailable || signal.aborted) return false
      if (!(error instanceof UpstreamError)) throw error
      // Whoever is told that they may not is known.
      return error.reason === 'not-authorized'
    }
  }

  return async () => {
    for (const account of await stops.takeDue()) {
      const letIn = await isLetIn(account)
      if (letIn) await stops.resume(account)
      logger.info({ account, letIn }, 'a stopped account was tried')
    }
  }
}
