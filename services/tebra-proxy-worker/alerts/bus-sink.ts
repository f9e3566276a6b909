import type { EventBus } from '#lib/bus/event-bus.ts'
import { UnknownPractice } from '#lib/crypto/data-keys.ts'
import type { AlertSink } from './alert-sinks.ts'

/** Alerts as events for the operators of the practice they are about, or of all practices; each is told once. */
export const createBusSink = (deps: { bus: EventBus; practices: readonly string[] }): AlertSink => ({
  name: 'events',
  async tell(alert) {
    const practices = alert.practiceId === undefined ? deps.practices : [alert.practiceId]
    await Promise.all(
      practices.map((practiceId) =>
        deps.bus
          .append(
            { practiceId, stream: 'ops:alerts', event: `alert.${alert.phase}`, data: alert },
            `alert ${alert.id}`,
          )
          .catch((error: unknown) => {
            // A practice without a key has no users who could listen.
            if (!(error instanceof UnknownPractice)) throw error
          }),
      ),
    )
  },
})
