import { ActionName } from '#lib/contract/actions.ts'
import { RequestError, type RequestRecord, RequestStatus, type TimelineStep } from '#lib/contract/requests.ts'

export type RecordHash = Readonly<Record<string, string>>

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
