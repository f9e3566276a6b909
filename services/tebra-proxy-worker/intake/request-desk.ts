import { createHash } from 'node:crypto'
import type { ActionName } from '#lib/contract/actions.ts'
import { type CacheMode, isEnd, type RequestRecord } from '#lib/contract/requests.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadScript } from '#lib/redis/script.ts'
import { readPlainRecord, toRecord } from '../queue/record.ts'
import { createDeadLetterDesk } from './dead-letter-desk.ts'
import { createLaneOf } from './lane-of.ts'
import { type Page, type PageRange, readPage } from './read-page.ts'

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
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full' }
  /** The number of partitions is being changed, or is not the one we were told. */
  | { readonly kind: 'moving' }

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

/** The intake's side of the queue: what callers do with requests, each change in one script. */
export function createRequestDesk(deps: {
  redis: RedisClient
  partitions: Partitions
  cipher: FieldCipher
  limits: DeskLimits
  laneKey: Buffer
}) {
  const { redis, partitions, cipher, limits } = deps
  const laneOf = createLaneOf(deps.laneKey)

  const seal = (practiceId: string, id: string, params: unknown) =>
    cipher.encrypt(placeOf(practiceId, id, 'params'), JSON.stringify(params))

  /** What changes in a record with its params: the sealed text, its share of the byte budget, its lane. */
  const sealEdited = async ({ practiceId, id }: RequestRecord, params: unknown) => {
    const sealed = await seal(practiceId, id, params)
    const lane = laneOf(practiceId, params)
    return {
      sealed,
      bytes: sealed.length + recordBytes,
      lane: lane && partitions.of(practiceId).lane(practiceId, lane),
    }
  }

  /** A record of another practice is not there, whatever its id. */
  const own = (practiceId: string, record: RequestRecord | undefined) =>
    record?.practiceId === practiceId ? record : undefined

  const readPlain = async (practiceId: string, id: string): Promise<RequestRecord | undefined> =>
    own(practiceId, await readPlainRecord(redis, partitions.of(practiceId), id))

  const read = async (practiceId: string, id: string): Promise<RequestRecord | undefined> => {
    const hash = await redis.hgetall(partitions.of(practiceId).request(id))
    const record = own(practiceId, toRecord(id, hash))
    if (!record || !isEnd(record.status)) return record
    const open = (field: 'result' | 'note', sealed: string) =>
      cipher.decrypt(placeOf(record.practiceId, id, field), sealed)
    return {
      ...record,
      ...(hash.result && { data: JSON.parse(await open('result', hash.result)) }),
      ...(hash.note && { note: await open('note', hash.note) }),
    }
  }

  return {
    /** The whole record of one of the practice's requests, its result and note opened. */
    read,
    /** How it stands, with nothing opened: enough to decide, and to answer those who may not see results. */
    readPlain,

    async submit(request: NewRequest): Promise<Submission> {
      const { id, action, practiceId, userId, correlationId, idempotencyKey, cache = 'fresh' } = request
      const params = await seal(practiceId, id, request.params)
      const keys = partitions.of(practiceId)
      const lane = laneOf(practiceId, request.params)
      const body = idempotencyKey === undefined ? '' : fingerprint([userId, action, request.params, cache])
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
          keys.partitions,
        ],
        [
          id,
          body,
          limits.queueBytesMax,
          params.length + recordBytes,
          idempotencyMs,
          limits.retentionMs,
          limits.practiceShare,
          partitions.count,
          'priority',
          request.priority,
          'cache',
          cache,
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
      if (kind === 'conflict' || kind === 'full' || kind === 'moving') return { kind }
      return {
        kind: kind === 'same' ? 'same' : 'accepted',
        id: acceptedId,
        correlationId: acceptedCorrelation,
      }
    },

    /** Newest first, a user's own history or the practice's; never results or params. */
    history: (
      whose: { practiceId: string; userId?: string },
      range: PageRange,
      matches: (record: RequestRecord) => boolean,
    ): Promise<Page<RequestRecord>> =>
      readPage(
        redis,
        whose.userId === undefined
          ? partitions.of(whose.practiceId).practiceHistory(whose.practiceId)
          : partitions.of(whose.practiceId).userHistory(whose.practiceId, whose.userId),
        range,
        async (id) => {
          const record = await readPlain(whose.practiceId, id)
          return record && matches(record) ? record : undefined
        },
      ),

    cancel(record: RequestRecord, by: 'requester' | 'operator' = 'requester') {
      const { id, practiceId } = record
      const keys = partitions.of(practiceId)
      const error = { code: 'cancelled', message: `cancelled by the ${by}`, retryable: false }
      return cancelScript(
        redis,
        [
          ...[keys.request(id), keys.delayed, keys.status, keys.responses, keys.bytes, keys.open],
          keys.dead(practiceId),
        ],
        [id, JSON.stringify(error), limits.retentionMs],
      )
    },

    deadLetters: createDeadLetterDesk({ redis, partitions, cipher, limits, sealEdited, readPlain }),
  }
}

export type RequestDesk = ReturnType<typeof createRequestDesk>

/** Redis keeps only hashes of a body and of an idempotency key: either may carry what a client put there. */
const fingerprint = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url')
