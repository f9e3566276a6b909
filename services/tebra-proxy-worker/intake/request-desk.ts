import { isEnd, type RequestRecord } from '#lib/contract/requests.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadQueueScript } from '../queue/load-queue-script.ts'
import { readPlainRecord, toRecord } from '../queue/record.ts'
import { createDeadLetterDesk } from './dead-letter-desk.ts'
import { createLaneOf } from './lane-of.ts'
import { type Page, type PageRange, readPage } from './read-page.ts'
import { bodyOf, createSubmitTo, type NewRequest, recordBytes, type Submission } from './submit-to.ts'

export interface DeskLimits {
  readonly queueBytesMax: number
  readonly retentionMs: number
  /** How many requests of one practice are in the queue at once; the rest waits behind them, in the practice's own line. */
  readonly practiceShare: number
}

const cancelScript = loadQueueScript<'done' | 'started' | 'ended' | 'missing'>('cancel')

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
  const submitTo = createSubmitTo({ redis, partitions, limits })

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
      const { id, practiceId, params } = request
      return submitTo(partitions.of(practiceId), request, {
        params: await seal(practiceId, id, params),
        lane: laneOf(practiceId, params),
        fingerprint: bodyOf(request),
      })
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
        [...[keys.request(id), keys.delayed, keys.status, keys.responses, keys.bytes, keys.open]],
        [id, JSON.stringify(error), limits.retentionMs],
      )
    },

    deadLetters: createDeadLetterDesk({ redis, partitions, cipher, limits, sealEdited, readPlain }),
  }
}

export type RequestDesk = ReturnType<typeof createRequestDesk>
