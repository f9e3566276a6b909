import type { AuditLog } from '#lib/audit/audit-log.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { Logger } from '#lib/observability/logger.ts'
import { isRedisUnavailable } from '#lib/redis/unavailable.ts'
import type { ClaimedRequest } from '../queue/claimed-request.ts'
import type { Fenced, RequestQueue } from '../queue/request-queue.ts'
import type { Outcome } from './outcome.ts'
import type { RunRequest } from './run-request.ts'

interface Deps {
  readonly queue: Pick<RequestQueue, 'finish' | 'postpone' | 'hold'>
  readonly run: RunRequest
  readonly cipher: FieldCipher
  readonly audit: AuditLog
  readonly logger: Logger
  readonly onOutcome: (request: ClaimedRequest, outcome: Outcome, durationMs: number) => void
}

const writeTries = 20
const writeAgainMs = 500
const notDurableMs = 1_000

/** Runs a claimed request and writes its outcome down; what cannot be written is left to its lease. Never rejects. */
export function createHandleRequest(deps: Deps) {
  const { queue, logger } = deps

  const write = async (request: ClaimedRequest, outcome: Outcome): Promise<Fenced | 'dropped'> => {
    switch (outcome.kind) {
      case 'dropped':
        return 'dropped'
      case 'retry':
        return queue.postpone(request, outcome)
      case 'held':
        return queue.hold(request, outcome.unsettled ?? false)
      case 'failed':
        return queue.finish(request, outcome)
      case 'succeeded': {
        const place = placeOf(request.practiceId, request.id, 'result')
        const sealed = await deps.cipher.encrypt(place, JSON.stringify(outcome.result))
        const meta = outcome.meta && { meta: JSON.stringify(outcome.meta) }
        return queue.finish(request, { status: 'success', sealed, ...meta })
      }
    }
  }

  /** The call has been made; losing its outcome to a short Redis trouble would mean making it again. */
  const writeSurely = async (request: ClaimedRequest, outcome: Outcome): Promise<Fenced | 'dropped'> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await write(request, outcome)
      } catch (error) {
        if (tried >= writeTries || !isRedisUnavailable(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, writeAgainMs))
      }
    }
  }

  return async (request: ClaimedRequest, signal: AbortSignal): Promise<void> => {
    const startedAt = performance.now()
    try {
      const outcome = await deps.run(request, signal)
      const written = await writeSurely(request, outcome)
      const durationMs = performance.now() - startedAt
      deps.onOutcome(request, outcome, durationMs)
      logger.info(
        { ...named(request), outcome: outcome.kind, written, durationMs: Math.round(durationMs) },
        'request worked',
      )
      const ended = outcome.kind === 'succeeded' || outcome.kind === 'failed'
      if (written === 'done' && ended) await recordEnd(request, outcome)
    } catch (error) {
      if (isNotDurable(error)) return giveBack(request)
      // Left pending: after its lease another attempt finds the record as we left it.
      logger.error({ ...named(request), err: error }, 'request left to its lease')
    }
  }

  /** Nothing was sent: the attempt is given back, and made when what it writes down is safe again. */
  async function giveBack(request: ClaimedRequest): Promise<void> {
    try {
      await queue.postpone(request, { delayMs: notDurableMs, reason: 'not-durable', burned: false })
    } catch (error) {
      logger.error({ ...named(request), err: error }, 'request left to its lease')
    }
  }

  async function recordEnd(request: ClaimedRequest, outcome: Outcome): Promise<void> {
    await deps.audit.append({
      action: 'request.end',
      actor: request.userId,
      practiceId: request.practiceId,
      entity: `Request/${request.id}`,
      outcome: outcome.kind === 'succeeded' ? 'success' : 'failure',
      requestId: request.correlationId,
      ...(outcome.kind === 'failed' && { reason: outcome.error.code }),
    })
  }
}

const named = ({ id, action, practiceId }: ClaimedRequest) => ({ request: id, action, practiceId })

const isNotDurable = (error: unknown): boolean => error instanceof DomainError && error.code === 'not-durable'
