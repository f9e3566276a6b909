import { ActionName } from '#lib/contract/actions.ts'
import {
  AnswerMeta,
  RequestError,
  type RequestRecord,
  RequestStatus,
  type TimelineStep,
} from '#lib/contract/requests.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'

export type RecordHash = Readonly<Record<string, string>>

/** Everything of a record that is not sealed: what `toRecord` reads. */
const plainFields = [
  ...['action', 'practiceId', 'userId', 'correlationId', 'status', 'attempts', 'submittedAt', 'startedAt'],
  ...['endedAt', 'durationMs', 'error', 'meta', 'resolvedBy', 'resolvedAt', 'timeline'],
]

/** A record without params, result and note, which may be large and are nobody's business in a list. */
export async function readPlainRecord(
  redis: RedisClient,
  keys: QueueKeys,
  id: string,
): Promise<RequestRecord | undefined> {
  const values = await redis.hmget(keys.request(id), ...plainFields)
  const hash = plainFields.flatMap((field, index) => {
    const value = values[index]
    return typeof value === 'string' ? [[field, value] as const] : []
  })
  return toRecord(id, Object.fromEntries(hash))
}

/** A record as Redis holds it → the contract's shape, without the sealed result. Undefined where there is none. */
export function toRecord(id: string, hash: RecordHash): RequestRecord | undefined {
  const { action, practiceId, userId, correlationId, status, submittedAt } = hash
  if (!practiceId || !userId || !correlationId || !submittedAt) return undefined
  return {
    id,
    action: ActionName.parse(action),
    practiceId,
    userId,
    correlationId,
    status: RequestStatus.parse(status),
    attempts: Number(hash.attempts ?? 0),
    submittedAt: instant(submittedAt),
    ...(hash.startedAt && { startedAt: instant(hash.startedAt) }),
    ...(hash.endedAt && { endedAt: instant(hash.endedAt) }),
    ...(hash.durationMs && { durationMs: Number(hash.durationMs) }),
    ...(hash.error && { error: RequestError.parse(JSON.parse(hash.error)) }),
    ...(hash.meta && AnswerMeta.parse(JSON.parse(hash.meta))),
    ...(hash.resolvedBy && { resolvedBy: hash.resolvedBy }),
    ...(hash.resolvedAt && { resolvedAt: instant(hash.resolvedAt) }),
    timeline: toTimeline(hash.timeline ?? ''),
  }
}

/** One line a step: `status|ms|attempt|reason`. */
function toTimeline(text: string): TimelineStep[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [status, at = '0', attempt, reason] = line.split('|')
      return {
        status: RequestStatus.parse(status),
        at: instant(at),
        attempt: Number(attempt),
        ...(reason && { reason }),
      }
    })
}

const instant = (ms: string): string => new Date(Number(ms)).toISOString()
