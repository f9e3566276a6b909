import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

export interface Alert {
  readonly kind: 'new-device' | 'emergency-started' | 'emergency-ended'
  readonly userId: string
  /** `<type>/<id>`, as in the audit log. */
  readonly entity: string
}

/** Puts an alert on the practice's stream of them, which its administrators read: ids only, at Redis' time. */
export async function tellAlert(redis: RedisClient, practiceId: string, alert: Alert): Promise<void> {
  const fields = Object.entries(alert).flat()
  await redis.xadd(sessionKeys.alerts(practiceId), 'MAXLEN', '~', 1_000, '*', ...fields)
}
