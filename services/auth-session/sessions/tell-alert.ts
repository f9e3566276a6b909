import type { EventBus } from '#lib/bus/event-bus.ts'

export interface Alert {
  readonly kind: 'new-device' | 'emergency-started' | 'emergency-ended'
  readonly userId: string
  /** `<type>/<id>`, as in the audit log. */
  readonly entity: string
}

/**
 * Tells an alert as an event, ids only and each once: a new device to the user's own pages, emergency access to the
 * practice's operators and auditors.
 */
export async function tellAlert(bus: EventBus, practiceId: string, alert: Alert): Promise<void> {
  const { kind, userId, entity } = alert
  const audience =
    kind === 'new-device'
      ? ({ stream: 'session:notices', userId } as const)
      : ({ stream: 'ops:alerts' } as const)
  await bus.append({ practiceId, ...audience, event: kind, data: { userId, entity } }, `${kind} ${entity}`)
}
