import type { ActionName } from '#lib/contract/actions.ts'
import type { TebraStatus } from '#lib/contract/health.ts'
import type { CacheMode } from '#lib/contract/requests.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadQueueScript } from '../queue/load-queue-script.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { NameRead } from './read-name.ts'

export interface SubmittedRead {
  readonly id: string
  readonly practiceId: string
  readonly action: ActionName
  readonly params: unknown
  readonly cache: CacheMode
}

/** → whether the request, accepted a moment ago, has ended with an answer from the cache. */
export type AnswerAtIntake = (request: SubmittedRead) => Promise<boolean>

const answerScript = loadQueueScript<'done' | 'too-late'>('answer-from-cache')

/**
 * While the breaker is open no worker takes requests up, so what the cache can answer is answered here. Of those that
 * come while a worker waits to make its probe, one passes: without any, nobody would learn that the upstream is back.
 */
export function createAnswerAtIntake(deps: {
  redis: RedisClient
  partitions: Partitions
  cipher: FieldCipher
  cache: AnswerCache
  nameRead: NameRead
  form: string
  breaker: () => Promise<TebraStatus['breaker']>
  probeEveryMs: number
  limits: { readonly retentionMs: number; readonly inlineBytesMax: number }
}): AnswerAtIntake {
  const { redis, cache, limits } = deps

  const isProbe = async (id: string): Promise<boolean> =>
    (await redis.set(fleetKeys.cacheProbe(deps.form), id, 'PX', deps.probeEveryMs, 'NX')) === 'OK'

  return async ({ id, practiceId, action, params, cache: mode }) => {
    const name = mode === 'fresh' ? undefined : deps.nameRead(practiceId, action, params)
    if (!name) return false
    const breaker = await deps.breaker()
    if (breaker.state === 'closed') return false
    const answer = await cache.lookUp(name, mode === 'allow-stale' ? name.staleMs : name.freshMs)
    if (!answer || (breaker.state === 'half-open' && (await isProbe(id)))) return false

    const sealed = await deps.cipher.encrypt(placeOf(practiceId, id, 'result'), JSON.stringify(answer.result))
    const keys = deps.partitions.of(practiceId)
    const line = keys.practiceQueue(practiceId)
    const ended = await answerScript(
      redis,
      [
        ...[keys.request(id), keys.status, keys.responses, keys.bytes, keys.open],
        ...[`${line}:interactive`, `${line}:bulk`],
      ],
      [id, sealed, JSON.stringify(answer.meta), limits.retentionMs, limits.inlineBytesMax],
    )
    return ended === 'done'
  }
}
