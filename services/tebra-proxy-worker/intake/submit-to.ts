import { createHash } from 'node:crypto'
import type { ActionName } from '#lib/contract/actions.ts'
import type { CacheMode } from '#lib/contract/requests.ts'
import { createBatch } from '#lib/redis/batch.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadQueueScript } from '../queue/load-queue-script.ts'

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

/** What is stored of a new request in place of its params: they are sealed, its lane is named by a digest. */
export interface Sealed {
  readonly params: string
  readonly lane: string
  /** Of what the same idempotency key must come with again. */
  readonly fingerprint: string
}

interface SealedRequest {
  readonly request: NewRequest
  readonly sealed: Sealed
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
const submitScript = loadQueueScript<string>('submit')

/** Accepts requests into a partition; those that come in the same moment are one script call. */
export function createSubmitTo(deps: { redis: RedisClient; partitions: Partitions; limits: Limits }) {
  const { redis, partitions, limits } = deps

  const submitAll = async (keys: QueueKeys, requests: readonly SealedRequest[]) => {
    const names = createKeyList([keys.requests, keys.status, keys.bytes, keys.open, keys.partitions])
    const items = requests.map(({ request, sealed }) => {
      const { id, practiceId, userId, correlationId, action, priority, cache = 'fresh' } = request
      const { idempotencyKey } = request
      const mark =
        idempotencyKey === undefined ? 0 : names.at(keys.idempotency(practiceId, fingerprint(idempotencyKey)))
      const lane = sealed.lane && keys.lane(practiceId, sealed.lane)
      return [
        ...[names.add(keys.request(id)), mark, names.at(keys.practiceQueue(practiceId))],
        ...[names.at(keys.userHistory(practiceId, userId)), names.at(keys.practiceHistory(practiceId))],
        ...[id, sealed.fingerprint, sealed.params.length + recordBytes, practiceId, userId, correlationId],
        ...[action, sealed.params, lane, priority, cache],
      ]
    })
    const { queueBytesMax, retentionMs, practiceShare } = limits
    const reply = await submitScript(redis, names.all, [
      ...[queueBytesMax, idempotencyMs, retentionMs, practiceShare, partitions.count],
      JSON.stringify(items),
    ])
    const replies = JSON.parse(reply) as Reply[]
    return requests.map(({ request }, index) => toSubmission(request, replies[index]))
  }

  const batches = new Map(
    partitions.all.map((keys) => [
      keys,
      createBatch((requests: readonly SealedRequest[]) => submitAll(keys, requests)),
    ]),
  )

  return (keys: QueueKeys, request: NewRequest, sealed: Sealed): Promise<Submission> => {
    const submit = batches.get(keys)
    if (!submit) throw new Error('not one of our partitions')
    return submit({ request, sealed })
  }
}

function toSubmission(request: NewRequest, reply: Reply = ['failed', 'no reply']): Submission | Error {
  const [kind, id = request.id, correlationId = request.correlationId] = reply
  if (kind === 'failed') return new Error(id)
  return kind === 'accepted' || kind === 'same' ? { kind, id, correlationId } : { kind }
}

/** The keys of one script call. Both answer where a key stands among them, from 1; one that comes `at` names it once. */
function createKeyList(first: readonly string[]) {
  const all = [...first]
  const places = new Map<string, number>()
  const add = (key: string): number => all.push(key)
  const at = (key: string): number => {
    const place = places.get(key) ?? add(key)
    places.set(key, place)
    return place
  }
  return { all, add, at }
}

/** What a request submitted again under the same idempotency key must be: the same body of the same user. */
export const bodyOf = ({ userId, action, params, cache = 'fresh', idempotencyKey }: NewRequest): string =>
  idempotencyKey === undefined ? '' : fingerprint([userId, action, params, cache])

/** Redis keeps only hashes of a body and of an idempotency key: either may carry what a client put there. */
const fingerprint = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url')
