import type { Alert } from '#lib/contract/alerts.ts'
import type { Logger } from '#lib/observability/logger.ts'

/** Somebody who is told of each alert, in order. Rejects while it cannot be told; then it is tried again. */
export interface AlertSink {
  readonly name: 'log' | 'webhook' | 'events'
  tell(alert: Alert): Promise<void>
}

/** One line an alert. Cloud Monitoring's log-based alerts look for the message `alert` with severity ERROR. */
export const createLogSink = (logger: Logger): AlertSink => ({
  name: 'log',
  async tell(alert) {
    if (alert.phase === 'started') logger.error({ alert }, 'alert')
    else logger.info({ alert }, 'alert ended')
  },
})

const answersWithinMs = 10_000
/** Answers that another try of the same body may change. */
const worthAnotherTry = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)

/**
 * POSTs each alert as JSON, with its id as Idempotency-Key: it may come twice, never not at all. What the receiver
 * refuses for good (4xx) is passed over, so that one such alert does not hold up those behind it.
 */
export function createWebhookSink(deps: {
  url: string
  logger: Logger
  fetch: (url: string, init: RequestInit) => Promise<Response>
}): AlertSink {
  return {
    name: 'webhook',
    async tell(alert) {
      const answer = await deps.fetch(deps.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': alert.id },
        body: JSON.stringify(alert),
        redirect: 'error',
        signal: AbortSignal.timeout(answersWithinMs),
      })
      await answer.body?.cancel()
      if (answer.ok) return
      if (worthAnotherTry(answer.status)) throw new Error(`the webhook answered ${answer.status}`)
      deps.logger.error({ status: answer.status, kind: alert.kind }, 'the webhook refused an alert')
    },
  }
}
