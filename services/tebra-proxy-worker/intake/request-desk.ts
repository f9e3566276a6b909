import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { ActionName } from '#lib/contract/actions.ts'
import { isEnd, type RequestRecord } from '#lib/contract/requests.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import { queueKeys as keys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { toRecord } from '../queue/record.ts'
import { createLaneOf } from './lane-of.ts'

export interface NewRequest {
  readonly id: string
  readonly action: ActionName
  readonly params: unknown
  readonly practiceId: string
  readonly userId: string
  readonly correlationId: string
  /** bulk waits until nobody of the practice waits with an interactive request. */
  readonly priority: 'interactive' | 'bulk'
  readonly idempotencyKey: string | undefined
}

export type Submission =
  | { readonly kind: 'accepted' | 'same'; readonly id: string; readonly correlationId: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full' }

export interface DeskLimits {
  readonly queueBytesMax: number
  readonly retentionMs: number
  /** How many requests of one practice are in the queue at once; the rest waits behind them, in the practice's own line. */
  readonly practiceShare: number
}

/** Kept as long as a client may plausibly try the same intention again. */
const idempotencyMs = 24 * 3_600_000
/** What a record costs beside its params: fields, events, index entries; measured on Redis 7.0, rounded up. */
const recordBytes = 2_048

const prelude = new URL('../queue/prelude.lua', import.meta.url)
const load = <Reply>(name: string) =>
  loadScript<Reply>(new URL(`../queue/${name}.lua`, import.meta.url), { prelude })

const submitScript = load<[string, string, string]>('submit')
const cancelScript = load<'done' | 'started' | 'ended' | 'missing'>('cancel')
const requeueScript = load<'done' | 'not-dead'>('requeue')
const resolveScript = load<'done' | 'not-dead'>('resolve')

/** The intake's side of the queue: what callers do with requests, each change in one script. */
export function createRequestDesk(deps: {
  redis: Redis
  cipher: FieldCipher
  limits: DeskLimits
  laneKey: Buffer
}) {
  const { redis, cipher, limits } = deps
  const laneOf = createLaneOf(deps.laneKey)

  const seal = (practiceId: string, id: string, params: unknown) =>
    cipher.encrypt(placeOf(practiceId, id, 'params'), JSON.stringify(params))

  const read = async (id: string): Promise<RequestRecord | undefined> => {
    const hash = await redis.hgetall(keys.request(id))
    const record = toRecord(id, hash)
    if (!record || !hash.result || !isEnd(record.status)) return record
    const data = JSON.parse(await cipher.decrypt(placeOf(record.practiceId, id, 'result'), hash.result))
    return { ...record, data }
  }

  return {
    read,

    async submit(request: NewRequest): Promise<Submission> {
      const { id, action, practiceId, userId, correlationId, idempotencyKey } = request
      const params = await seal(practiceId, id, request.params)
      const lane = laneOf(practiceId, request.params)
      const body = idempotencyKey === undefined ? '' : fingerprint([userId, action, request.params])
      const mark =
        idempotencyKey === undefined
          ? keys.request(id)
          : keys.idempotency(practiceId, fingerprint(idempotencyKey))
      const [kind, acceptedId, acceptedCorrelation] = await submitScript(
        redis,
        [
          keys.request(id),
          keys.requests,
          keys.status,
          mark,
          keys.bytes,
          keys.open,
          keys.userHistory(practiceId, userId),
          keys.practiceHistory(practiceId),
          keys.practiceQueue(practiceId),
        ],
        [
          id,
          body,
          limits.queueBytesMax,
          params.length + recordBytes,
          idempotencyMs,
          limits.retentionMs,
          limits.practiceShare,
          'priority',
          request.priority,
          'lane',
          lane && keys.lane(practiceId, lane),
          'action',
          action,
          'practiceId',
          practiceId,
          'userId',
          userId,
          'correlationId',
          correlationId,
          'params',
          params,
        ],
      )
      if (kind === 'conflict') return { kind }
      if (kind === 'full') return { kind }
      return {
        kind: kind === 'same' ? 'same' : 'accepted',
        id: acceptedId,
        correlationId: acceptedCorrelation,
      }
    },

    /** Newest first, from the caller's own history or the practice's; `before` is exclusive, ms. */
    async history(
      whose: { practiceId: string; userId?: string },
      range: { from: number; before: number; count: number },
    ): Promise<{ records: RequestRecord[]; next: number | undefined }> {
      const key =
        whose.userId === undefined
          ? keys.practiceHistory(whose.practiceId)
          : keys.userHistory(whose.practiceId, whose.userId)
      const flat = await redis.zrevrangebyscore(
        key,
        `(${range.before}`,
        range.from,
        'WITHSCORES',
        'LIMIT',
        0,
        range.count,
      )
      const ids = flat.filter((_, index) => index % 2 === 0)
      const hashes = await Promise.all(ids.map((id) => redis.hgetall(keys.request(id))))
      const records = ids.flatMap((id, index) => toRecord(id, hashes[index] ?? {}) ?? [])
      return { records, next: ids.length === range.count ? Number(flat.at(-1)) : undefined }
    },

    async deadLetters(practiceId: string, count: number): Promise<RequestRecord[]> {
      const ids = await redis.zrevrange(keys.dead(practiceId), 0, count - 1)
      const hashes = await Promise.all(ids.map((id) => redis.hgetall(keys.request(id))))
      return ids.flatMap((id, index) => toRecord(id, hashes[index] ?? {}) ?? [])
    },

    cancel(record: RequestRecord) {
      const { id, practiceId } = record
      const error = { code: 'cancelled', message: 'cancelled by a person', retryable: false }
      return cancelScript(
        redis,
        [
          keys.request(id),
          keys.delayed,
          keys.status,
          keys.responses,
          keys.bytes,
          keys.open,
          keys.dead(practiceId),
        ],
        [id, JSON.stringify(error), limits.retentionMs],
      )
    },

    /** Another round for a dead letter, with its own params or with edited ones. */
    async requeue(record: RequestRecord, params: unknown) {
      const { id, practiceId } = record
      const sealed = params === undefined ? '' : await seal(practiceId, id, params)
      return requeueScript(
        redis,
        [keys.request(id), keys.requests, keys.status, keys.dead(practiceId), keys.bytes, keys.open],
        [id, sealed],
      )
    },

    resolve: (record: RequestRecord, outcome: 'success' | 'error' | 'cancelled') =>
      resolveScript(
        redis,
        [keys.request(record.id), keys.dead(record.practiceId), keys.status],
        [record.id, outcome, limits.retentionMs],
      ),
  }
}

export type RequestDesk = ReturnType<typeof createRequestDesk>

/** Redis keeps only hashes of a body and of an idempotency key: either may carry what a client put there. */
const fingerprint = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url')
