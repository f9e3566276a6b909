import { actions } from '#lib/contract/actions.ts'
import type { Permission } from '#lib/contract/permissions.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import { AccountStopped } from '../accounts/account-stops.ts'
import { type Breaker, UpstreamUnavailable } from '../breaker/breaker.ts'
import type { NoteWrite } from '../cache/note-write.ts'
import type { AskingTurn, TakeReadTurn } from '../cache/read-turns.ts'
import type { ClaimedRequest, Unsettled } from '../queue/claimed-request.ts'
import type { RequestQueue } from '../queue/request-queue.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { UpstreamError } from '../upstream/upstream-error.ts'
import { isAway, isOutage, isRefused, mayHaveLanded, type Outcome, outcomeOf } from './outcome.ts'
import { type Reconciliation, reconcile } from './reconcile.ts'

interface Deps {
  readonly queue: Pick<RequestQueue, 'beginAttempt' | 'renew'>
  readonly cipher: FieldCipher
  readonly upstream: Upstream
  readonly breaker: Breaker
  readonly breakerWaitMs: number
  /** How long one call may be under way: what is not seen so long after a first look has not landed. */
  readonly callMsMax: number
  /** A live worker renews its requests well within this; what it knew before may be another's by now. */
  readonly leaseMs: number
  readonly takeReadTurn: TakeReadTurn
  readonly noteWrite: NoteWrite
  readonly random: () => number
  readonly permissionsOf: (practiceId: string, userId: string) => Promise<readonly Permission[]>
  /** The upstream said that it was too much: nobody calls this operation for a while. */
  readonly pause: (practiceId: string, operation: string, ms: number) => Promise<void>
  /** The upstream refused the practice's account: nobody sends its credentials for a while. */
  readonly stopAccount: (practiceId: string) => Promise<void>
}

/** A request that takes its worker down with it is not handed to worker after worker. */
const deliveriesMax = 5

/** When to look again after waiting in vain for another worker's answer to the same question. */
const busyMs = 250

/** The request is no longer ours to send. */
class Withdrawn extends Error {
  override readonly name = 'Withdrawn'
}

export type RunRequest = (request: ClaimedRequest, signal: AbortSignal) => Promise<Outcome>

/**
 * Works one claimed request off: permission, what an earlier attempt left behind, the written intent, the call.
 * Nothing is acknowledged here; the caller writes the outcome down under the request's fence.
 */
export function createRunRequest(deps: Deps): RunRequest {
  const { upstream, breaker } = deps

  return async (request, signal) => {
    const { action, practiceId, correlationId } = request
    const { permission, attemptsMax, idempotent } = actions[action]
    const noteWrite = () => deps.noteWrite(practiceId, action, signal)
    // An attempt was cut short: if it was a write, what was read before it may be old, whatever follows.
    if (request.intent !== 'none') await noteWrite()
    if (request.deliveries > deliveriesMax)
      return failed('dead', 'poison', 'several workers were lost while they had it in hand')
    const granted = await deps.permissionsOf(practiceId, request.userId)
    if (!granted.includes(permission))
      return failed('error', 'forbidden', 'the requester may no longer do this')

    const place = placeOf(practiceId, request.id, 'params')
    const params = actions[action].params.parse(JSON.parse(await deps.cipher.decrypt(place, request.params)))
    const context = { practiceId, correlationId, signal }

    const later = (spent: { burned: boolean; unsettled?: Unsettled }) => ({
      kind: 'retry' as const,
      delayMs: deps.breakerWaitMs,
      reason: 'upstream-unavailable',
      ...spent,
    })

    const settle = async (attempt: number, seenNothing = false): Promise<Outcome> => {
      const found = await ask(practiceId, () =>
        reconcile(upstream, action as 'createAppointment' | 'updateAppointment', params, context),
      )
      if (found.kind === 'held') return { kind: 'held', unsettled: true }
      if (found.kind === 'later') return later({ burned: true, unsettled: 'sending' })
      if (found.kind !== 'not-applied') await noteWrite()
      if (found.kind === 'applied') return { kind: 'succeeded', result: found.result }
      if (found.kind === 'unknown')
        return failed('uncertain', 'unclear-write', 'whether it was written cannot be told')
      // The call may still be under way: its worker was stopped or killed, or gave up waiting for a slow upstream.
      if (!seenNothing)
        return { ...later({ burned: true, unsettled: 'unseen' }), delayMs: deps.callMsMax, reason: 'unseen' }
      if (attempt >= attemptsMax)
        return failed('dead', 'attempts-exhausted', 'it was not written in any attempt')
      return { kind: 'retry', delayMs: 0, reason: 'not-applied', burned: true }
    }

    let attempt = 0
    let oursAt = 0
    const mayBeAnothers = () => performance.now() - oursAt > deps.leaseMs / 2
    /** Only when the limiter lets it through: waiting for a turn is no attempt, and can still be cancelled. */
    const onAdmitted = async (): Promise<void> => {
      if (attempt === 0) {
        oursAt = performance.now()
        attempt = await deps.queue.beginAttempt(request)
        if (attempt === 0) throw new Withdrawn('cancelled or taken over')
      }
      // A worker that was stopped meanwhile wakes up right here, and another has sent the write long since.
      if (!mayBeAnothers()) return
      oursAt = performance.now()
      const lost = await deps.queue.renew([request])
      if (lost.length > 0 || mayBeAnothers()) throw new Withdrawn('taken over, or too slow to tell')
    }

    const callOnce = async (turn: AskingTurn): Promise<Outcome> => {
      let result: unknown
      let isProbe = false
      try {
        result = await breaker.call((probe) => {
          isProbe = probe
          return upstream.perform({ ...context, action, params, onAdmitted })
        })
      } catch (error) {
        if (error instanceof Withdrawn) return { kind: 'dropped' }
        return afterFailure(error, turn, isProbe)
      }
      await noteWrite()
      const meta = await turn.keep(result)
      return { kind: 'succeeded', result, ...(meta && { meta }) }
    }

    const afterFailure = async (error: unknown, turn: AskingTurn, isProbe: boolean): Promise<Outcome> => {
      if (error instanceof UpstreamError && error.kind === 'throttled')
        await deps.pause(practiceId, error.operation, error.throttledMs ?? 1_000)
      if (isRefused(error)) await stopAccount(practiceId, error)
      if (mayHaveLanded(error)) await noteWrite()
      if (error instanceof UpstreamError && error.kind === 'unclear' && !signal.aborted)
        return settle(attempt)
      // Stopped between the operations of one action: the write may have been among those that were sent.
      if (error instanceof AccountStopped && attempt > 0 && !idempotent)
        return { kind: 'held', unsettled: true }
      if (signal.aborted) return { kind: 'dropped' }
      const older = isAway(error) ? await turn.standIn() : undefined
      if (older) return { kind: 'succeeded', ...older }
      if (isProbe && isOutage(error)) return later({ burned: false })
      return outcomeOf(error, {
        attempt,
        attemptsMax,
        breakerWaitMs: deps.breakerWaitMs,
        random: deps.random,
      })
    }

    // An attempt began and nobody wrote down how it ended: its worker died in between.
    if (request.intent !== 'none' && !idempotent) return settle(request.attempts, request.intent === 'unseen')
    if (request.attempts >= attemptsMax)
      return failed('dead', 'attempts-exhausted', 'every attempt was cut short')

    const turn = await deps.takeReadTurn(request, params, signal)
    if (turn.kind === 'answered') return { kind: 'succeeded', result: turn.result, meta: turn.meta }
    if (signal.aborted) return { kind: 'dropped' }
    if (turn.kind === 'busy')
      return { kind: 'retry', delayMs: busyMs, reason: 'same-read-under-way', burned: false }
    try {
      return await callOnce(turn)
    } finally {
      await turn.leave()
    }
  }

  /** Only for a refusal: an account that was not asked because it is stopped says nothing new. */
  async function stopAccount(practiceId: string, error: unknown): Promise<void> {
    if (error instanceof UpstreamError) await deps.stopAccount(practiceId)
  }

  async function ask(
    practiceId: string,
    question: () => Promise<Reconciliation>,
  ): Promise<Reconciliation | { kind: 'later' | 'held' }> {
    try {
      return await breaker.call(question)
    } catch (error) {
      if (error instanceof UpstreamUnavailable) return { kind: 'later' }
      if (isRefused(error)) {
        await stopAccount(practiceId, error)
        return { kind: 'held' }
      }
      if (error instanceof UpstreamError) return { kind: 'unknown' }
      throw error
    }
  }
}

const failed = (status: 'error' | 'dead' | 'uncertain', code: string, message: string): Outcome => ({
  kind: 'failed',
  status,
  error: { code, message, retryable: status === 'dead' },
})
