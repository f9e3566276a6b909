import { createHash } from 'node:crypto'
import type { ActionName } from '#lib/contract/actions.ts'
import type { CacheMode } from '#lib/contract/requests.ts'
import { createBatch } from '#lib/redis/batch.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadScript } from '#lib/redis/script.ts'

export interface NewRequest {
  readonly id: string
  readonly action: ActionName
  readonly params: unknown
  readonly practiceId: string
  readonly userId: string
  readonly correlationId: string
  /** bulk waits until nobody of the practice waits with an interactive request. */
  readonly priority: 'interactive' | 'bulk'
  /** How old the answer to a read may be; fresh where it is left out. */
  readonly cache?: CacheMode
  readonly idempotencyKey: string | undefined
}

export type Submission =
  | { readonly kind: 'accepted' | 'same'; readonly id: string; readonly correlationId: string }
  /** moving: the number of partitions is being changed, or is not the one we were told. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full' }
  | { readonly kind: 'moving' }

/** A new request as it is stored: its params sealed, its lane named by a digest. */
export interface SealedRequest extends Omit<NewRequest, 'params'> {
  readonly params: string
  readonly lane: string
  /** Of what the same idempotency key must come with again. */
  readonly fingerprint: string
}

interface Limits {
  readonly queueBytesMax: number
  readonly retentionMs: number
  readonly practiceShare: number
}

/** Kept as long as a client may plausibly try the same intention again. */
const idempotencyMs = 24 * 3_600_000
/** What a record costs beside its params: fields, events, index entries; measured on Redis 7.0, rounded up. */
export const recordBytes = 2_048

type Reply = [kind: Submission['kind'] | 'failed', id?: string, correlationId?: string]
const submitScript = loadScript<string>(new URL('../queue/submit.lua', import.meta.url), {
  prelude: new URL('../queue/prelude.lua', import.meta.url),
})

/** Accepts requests into a partition; those that come in the same moment are one script call. */
export function createSubmitTo(deps: { redis: RedisClient; partitions: Partitions; limits: Limits }) {
  const { redis, partitions, limits } = deps

  const submitAll = async (keys: QueueKeys, requests: readonly SealedRequest[]) => {
    const [at, names] = createKeyList([keys.requests, keys.status, keys.bytes, keys.open, keys.partitions])
    const items = requests.map((request) => {
      const { id, practiceId, userId, correlationId, action, params, priority, idempotencyKey } = request
      return {
        ...{ id, practiceId, userId, correlationId, action, params, priority },
        cache: request.cache ?? 'fresh',
        lane: request.lane && keys.lane(practiceId, request.lane),
        body: idempotencyKey === undefined ? '' : request.fingerprint,
        bytes: params.length + recordBytes,
        request: at(keys.request(id)),
        mark:
          idempotencyKey === undefined ? 0 : at(keys.idempotency(practiceId, fingerprint(idempotencyKey))),
        userHistory: at(keys.userHistory(practiceId, userId)),
        practiceHistory: at(keys.practiceHistory(practiceId)),
        practiceQueue: at(keys.practiceQueue(practiceId)),
      }
    })
    const { queueBytesMax, retentionMs, practiceShare } = limits
    const reply = await submitScript(redis, names, [
      ...[queueBytesMax, idempotencyMs, retentionMs, practiceShare, partitions.count],
      JSON.stringify(items),
    ])
    const replies = JSON.parse(reply) as Reply[]
    return requests.map((request, index) => toSubmission(request, replies[index]))
  }

  const batches = new Map(
    partitions.all.map((keys) => [
      keys,
      createBatch((requests: readonly SealedRequest[]) => submitAll(keys, requests)),
    ]),
  )

  return async (keys: QueueKeys, request: SealedRequest): Promise<Submission> => {
    const submit = batches.get(keys)
    if (!submit) throw new Error('not one of our partitions')
    return submit(request)
  }
}

function toSubmission(request: SealedRequest, reply: Reply = ['failed', 'no reply']): Submission | Error {
  const [kind, id = request.id, correlationId = request.correlationId] = reply
  if (kind === 'failed') return new Error(id)
  return kind === 'accepted' || kind === 'same' ? { kind, id, correlationId } : { kind }
}

/** The keys of one script call, each named once; `at` answers where a key stands among them, from 1. */
function createKeyList(first: readonly string[]): [at: (key: string) => number, names: readonly string[]] {
  const names = [...first]
  const places = new Map(names.map((name, index) => [name, index + 1]))
  const at = (key: string): number => {
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, names.push(key))
    return names.length
  }
  return [at, names]
}

/** What a request submitted again under the same idempotency key must be: the same body of the same user. */
export const bodyOf = ({ userId, action, params, cache = 'fresh', idempotencyKey }: NewRequest): string =>
  idempotencyKey === undefined ? '' : fingerprint([userId, action, params, cache])

/** Redis keeps only hashes of a body and of an idempotency key: either may carry what a client put there. */
const fingerprint = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url')
