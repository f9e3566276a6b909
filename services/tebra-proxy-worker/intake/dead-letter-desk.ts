import { actions } from '#lib/contract/actions.ts'
import type { ResolveRequest } from '#lib/contract/dead-letters.ts'
import type { RequestRecord } from '#lib/contract/requests.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { renewByTheWay } from '#lib/crypto/renew-fields.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadQueueScript } from '../queue/load-queue-script.ts'
import { type Page, type PageRange, readPage } from './read-page.ts'

interface Deps {
  readonly redis: RedisClient
  readonly partitions: Partitions
  readonly cipher: FieldCipher
  readonly limits: { readonly queueBytesMax: number; readonly retentionMs: number }
  readonly sealEdited: (
    record: RequestRecord,
    params: unknown,
  ) => Promise<{ sealed: string; bytes: number; lane: string }>
  readonly readPlain: (practiceId: string, id: string) => Promise<RequestRecord | undefined>
}

/** `changed`: it is no longer the dead letter that the operator saw; somebody else was there first. */
export type Requeued = 'done' | 'changed' | 'full' | 'moving'

const requeueScript = loadQueueScript<Requeued>('requeue')
const resolveScript = loadQueueScript<'done' | 'changed'>('resolve')

export const isDeadLetter = ({ status }: RequestRecord): boolean =>
  status === 'dead' || status === 'uncertain'

/** Whether another round may write a second time what was written already, so that a person must say that it was not. */
export const needsConfirm = ({ status, action }: RequestRecord): boolean =>
  status === 'uncertain' && !actions[action].idempotent

/**
 * What operators do with a practice's dead letters; each change is one script that holds only for the end the
 * operator saw. The list is never trimmed: what leaves it was requeued or settled, and its length is in the status.
 */
export function createDeadLetterDesk({ redis, partitions, cipher, limits, sealEdited, readPlain }: Deps) {
  const keysOf = ({ id, practiceId }: RequestRecord) => {
    const keys = partitions.of(practiceId)
    return [keys.request(id), keys.status, keys.dead(practiceId)]
  }
  const seen = ({ id, status, endedAt }: RequestRecord) => [id, status, Date.parse(endedAt ?? '')]

  return {
    /** Newest first, by the time they ended. */
    list: (
      practiceId: string,
      range: PageRange,
      matches: (record: RequestRecord) => boolean,
    ): Promise<Page<RequestRecord>> =>
      readPage(redis, partitions.of(practiceId).dead(practiceId), range, async (id) => {
        const record = await readPlain(practiceId, id)
        // It may have been requeued between the index and the record.
        return record && isDeadLetter(record) && matches(record) ? record : undefined
      }),

    /** What was sent, opened: patient data. */
    async params({ id, practiceId }: RequestRecord): Promise<Record<string, unknown>> {
      const key = partitions.of(practiceId).request(id)
      const sealed = (await redis.hget(key, 'params')) ?? ''
      const place = placeOf(practiceId, id, 'params')
      const params = JSON.parse(await cipher.decrypt(place, sealed))
      // A dead letter waits for as long as it must, and may outlive its practice's data key.
      await renewByTheWay({ redis, cipher }, key, [{ field: 'params', sealed, place }])
      return params
    },

    /** Another round, with the params that were sent or, where given, with edited ones. */
    async requeue(record: RequestRecord, edited?: unknown): Promise<Requeued> {
      const change = edited === undefined ? undefined : await sealEdited(record, edited)
      const keys = partitions.of(record.practiceId)
      return requeueScript(
        redis,
        [...keysOf(record), keys.bytes, keys.open, keys.partitions],
        [
          ...[...seen(record), limits.queueBytesMax, partitions.count],
          ...(change ? [change.sealed, change.bytes, change.lane] : ['']),
        ],
      )
    },

    /** Settled by hand; the note is sealed, for operators write down whom they called. */
    async resolve(record: RequestRecord, by: { userId: string } & ResolveRequest) {
      const { id, practiceId } = record
      const note = await cipher.encrypt(placeOf(practiceId, id, 'note'), by.note)
      return resolveScript(redis, keysOf(record), [
        ...[...seen(record), by.outcome, limits.retentionMs, by.userId, note],
      ])
    },
  }
}
