import { z } from 'zod'
import { seekTime } from '#lib/audit/read-chain.ts'
import { AuditAction, type AuditEvent } from '#lib/contract/audit.ts'
import { GivenInstant } from '#lib/contract/ids.ts'
import type { RedisClient } from '#lib/redis/connect.ts'

/** Which events are asked for; what is not named does not narrow. */
export const AuditFilter = z.object({
  actor: z
    .string()
    .regex(/^[\w:.@-]{1,64}$/)
    .optional()
    .meta({ description: 'a user’s id, or a service’s name' }),
  action: AuditAction.optional(),
  entity: z
    .string()
    .regex(/^[A-Z][A-Za-z]*(\/[\w:.-]{1,128})?$/)
    .optional()
    .meta({ description: 'a type and an id, such as Session/1f2e3d4c5b6a7988, or the type alone' }),
  from: GivenInstant.optional().meta({ description: 'recorded then or later' }),
  to: GivenInstant.optional().meta({ description: 'recorded before then' }),
})
export type AuditFilter = z.infer<typeof AuditFilter>

/** How far the writers' clocks may lie apart: entries are in the order of the chain, nearly that of their times. */
const clocksApartMs = 60_000

/** Whether an event is among those asked for. */
export function createMatch({ actor, action, entity, from, to }: AuditFilter) {
  const [after, before] = [timeOf(from, Number.NEGATIVE_INFINITY), timeOf(to, Number.POSITIVE_INFINITY)]
  return (event: AuditEvent): boolean => {
    const at = Date.parse(event.recordedAt)
    return (
      (actor === undefined || event.actor === actor) &&
      (action === undefined || event.action === action) &&
      (entity === undefined || event.entity === entity || event.entity.startsWith(`${entity}/`)) &&
      at >= after &&
      at < before
    )
  }
}

/** The part of the chain outside which nothing can match: first and last seq, both included. */
export async function spanOf(
  redis: RedisClient,
  practiceId: string,
  { from, to }: AuditFilter,
): Promise<{ first: number; last: number }> {
  const [first, next] = await Promise.all([
    seekTime(redis, practiceId, timeOf(from, 0) - clocksApartMs),
    seekTime(redis, practiceId, timeOf(to, Number.POSITIVE_INFINITY) + clocksApartMs),
  ])
  return { first, last: next - 1 }
}

const timeOf = (instant: string | undefined, otherwise: number): number =>
  instant === undefined ? otherwise : Date.parse(instant)
