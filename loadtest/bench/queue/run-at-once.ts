import { actions } from '../../../lib/contract/actions.ts'
import type { FieldCipher } from '../../../lib/crypto/field-cipher.ts'
import { placeOf } from '../../../lib/crypto/request-place.ts'
import type { RequestQueue } from '../../../services/tebra-proxy-worker/queue/request-queue.ts'
import type { RateLimiter } from '../../../services/tebra-proxy-worker/worker/rate-limiter.ts'
import type { RunRequest } from '../../../services/tebra-proxy-worker/worker/run-request.ts'
import { operation, result } from './payload.ts'

interface Deps {
  readonly queue: Pick<RequestQueue, 'beginAttempt'>
  readonly cipher: FieldCipher
  readonly limiter: Pick<RateLimiter, 'admit'>
  /** The permission check where it is wanted. */
  readonly mayRun: (practiceId: string, userId: string) => Promise<unknown>
  readonly onCall: () => Promise<void>
}

/**
 * What the service does around the upstream's call, before an upstream that answers at once: params opened and parsed,
 * the attempt written down under the fence, the shared limiter's turn taken.
 */
export function createRunAtOnce(deps: Deps): RunRequest {
  return async (request, signal) => {
    const { action, practiceId, userId } = request
    await deps.mayRun(practiceId, userId)
    const place = placeOf(practiceId, request.id, 'params')
    actions[action].params.parse(JSON.parse(await deps.cipher.decrypt(place, request.params)))
    if ((await deps.queue.beginAttempt(request)) === 0) return { kind: 'dropped' }
    await deps.limiter.admit(practiceId, operation, signal)
    await deps.onCall()
    return { kind: 'succeeded', result }
  }
}
