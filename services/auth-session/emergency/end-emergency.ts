import { v7 as uuidv7 } from 'uuid'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditKeys, channels } from '#lib/redis/keys.ts'
import { type AuthDeps, serviceName } from '../auth-deps.ts'
import { tellAlert } from '../sessions/tell-alert.ts'
import type { Use } from './emergency-store.ts'

export const entityOf = ({ id }: Pick<Use, 'id'>) => `EmergencyAccess/${id}`

/**
 * Ends a use of emergency access, audits that, tells it, and lets open streams look again whether they still may.
 * However many try at the same time and whoever dies between two steps, the end stands in the audit log once.
 */
export async function endEmergency(
  deps: Pick<AuthDeps, 'audit' | 'redis' | 'bus' | 'emergencies' | 'logger'>,
  use: Use,
  by?: { tokenHash: string; requestId: string },
): Promise<void> {
  const { practiceId } = use
  const entity = entityOf(use)
  const ending = await deps.emergencies.end(use, by)
  if (ending === 'elsewhere') return
  if (ending === 'settled') return deps.emergencies.forget(use)

  const { userId, endedBy } = ending
  await deps.redis.publish(channels.sessionEnded, JSON.stringify({ practiceId, userId }))
  if (!(ending.again && (await isAudited(deps.redis, practiceId, entity)))) {
    await deps.audit.append({
      action: 'emergency.end',
      actor: by ? userId : serviceName,
      practiceId,
      entity,
      outcome: 'success',
      requestId: by?.requestId ?? uuidv7(),
      reason: endedBy,
    })
    await tellAlert(deps.bus, practiceId, { kind: 'emergency-ended', userId, entity })
    deps.logger.warn({ alert: 'emergency-ended', practiceId, userId, endedBy }, 'emergency access ended')
  }
  await deps.emergencies.settle(use)
}

const chunk = 500
/** How far back a crashed writer's entry can lie. */
const chunksMax = 20

/** Whether the end stands already: asked only where whoever had to audit it did not come back. */
async function isAudited(redis: RedisClient, practiceId: string, entity: string): Promise<boolean> {
  let end = '+'
  for (let n = 0; n < chunksMax; n += 1) {
    const entries = await redis.xrevrange(auditKeys.log(practiceId), end, '-', 'COUNT', chunk)
    const texts = entries.map(([, fields]) => fields[fields.indexOf('event') + 1] ?? '')
    if (texts.some((text) => text.includes('"emergency.end"') && text.includes(entity))) return true
    const last = entries.at(-1)?.[0]
    if (last === undefined || entries.length < chunk) return false
    end = `(${last}`
  }
  return false
}
