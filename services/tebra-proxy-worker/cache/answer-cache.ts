import { type ActionName, actions, type Subject, staleMsMax } from '#lib/contract/actions.ts'
import type { AnswerMeta, CacheMode } from '#lib/contract/requests.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadQueueScript } from '../queue/load-queue-script.ts'
import { cachePlaceOf, type ReadName } from './read-name.ts'

export interface CachedAnswer {
  readonly result: unknown
  readonly meta: AnswerMeta
}

/** The right to ask the upstream for one read, held by one worker of the fleet. */
export interface Flight {
  readonly name: ReadName
  readonly owner: string
  readonly generation: string
  readonly askedAt: number
  readonly mode: CacheMode
}

export type Joined =
  | ({ readonly kind: 'answer' } & CachedAnswer)
  | { readonly kind: 'ask'; readonly flight: Flight }
  | { readonly kind: 'wait' }

export interface CacheLimits {
  /** Of one sealed answer; a larger one is not kept. */
  readonly entryBytesMax: number
  /** Of one practice's sealed answers; beyond it those that end first make room. */
  readonly practiceBytesMax: number
}

/** Well beyond the life of any entry: what outlives it can never make an old one valid again. */
const rememberMs = 2 * staleMsMax

type JoinReply = ['answer', string, number] | ['ask', string, string, CacheMode] | ['wait']
const load = <Reply>(name: string) => loadQueueScript<Reply>(`../cache/${name}`)
const joinScript = load<JoinReply>('join-read')
const keepScript = load<'kept' | 'lost' | 'changed'>('keep-answer')
const lookUpScript = load<[sealed: string, ageMs: number] | null>('look-up')
const holdScript = load<number>('hold-flight')
const changeScript = load<number>('note-change')

/** Sealed answers of reads, a practice's own each, and the leases of those that are being asked for; see the scripts. */
export function createAnswerCache(deps: {
  redis: RedisClient
  partitions: Partitions
  cipher: FieldCipher
  logger: Logger
  limits: CacheLimits
  /** Told of each read what the cache had for it. */
  onRead?: (action: ActionName, outcome: 'hit' | 'miss' | 'stale') => void
}) {
  const { redis, partitions, cipher, limits } = deps

  /** What does not open, or is no longer what the contract says, is put out and counts as not there. */
  const open = async (name: ReadName, sealed: string, ageMs: number): Promise<CachedAnswer | undefined> => {
    try {
      const opened = JSON.parse(await cipher.decrypt(cachePlaceOf(name), sealed))
      const result = actions[name.action].result.parse(opened)
      return { result, meta: { source: 'cache', stale: ageMs > name.freshMs, ageMs } }
    } catch {
      deps.logger.warn({ action: name.action, practiceId: name.practiceId }, 'a cached answer does not open')
      await redis.del(name.entry)
      return undefined
    }
  }

  return {
    /** Answers, hands out the flight, or says that another has it; in the mode that the request was submitted with. */
    async join(name: ReadName, requestId: string, owner: string, leaseMs: number): Promise<Joined> {
      for (;;) {
        const reply = await joinScript(
          redis,
          [name.entry, name.flight, name.generation, partitions.of(name.practiceId).request(requestId)],
          [owner, leaseMs, name.freshMs],
        )
        if (reply[0] === 'wait') return { kind: 'wait' }
        if (reply[0] === 'ask') {
          const [kind, generation, askedAt, mode] = reply
          deps.onRead?.(name.action, 'miss')
          return { kind, flight: { name, owner, generation, askedAt: Number(askedAt), mode } }
        }
        const answer = await open(name, reply[1], reply[2])
        if (!answer) continue
        deps.onRead?.(name.action, 'hit')
        return { kind: 'answer', ...answer }
      }
    },

    /** Keeps the flight's answer where nothing has changed since it was asked for; ends the flight either way. */
    async keep({ name, owner, generation, askedAt }: Flight, result: unknown) {
      const sealed = await cipher.encrypt(cachePlaceOf(name), JSON.stringify(result))
      if (sealed.length > limits.entryBytesMax) return 'too-large' as const
      const keys = partitions.of(name.practiceId)
      const practice = [keys.cacheEnds(name.practiceId), keys.cacheBytes(name.practiceId)]
      return keepScript(
        redis,
        [name.entry, name.flight, name.generation, ...practice],
        [owner, generation, askedAt, sealed, name.staleMs, limits.practiceBytesMax, rememberMs],
      )
    },

    /** An answer that stands in for an upstream that is away. */
    async lookUp(name: ReadName, ageMsMax: number): Promise<CachedAnswer | undefined> {
      const reply = await lookUpScript(redis, [name.entry, name.generation], [ageMsMax])
      const answer = reply ? await open(name, reply[0], reply[1]) : undefined
      if (answer) deps.onRead?.(name.action, answer.meta.stale ? 'stale' : 'hit')
      return answer
    },

    renew: ({ name, owner }: Flight, leaseMs: number) => holdScript(redis, [name.flight], [owner, leaseMs]),
    end: ({ name, owner }: Flight) => holdScript(redis, [name.flight], [owner, 0]),

    /** Voids what is cached of the subject, also what is being asked for right now. */
    noteChange: async (practiceId: string, subject: Subject): Promise<void> => {
      await changeScript(
        redis,
        [partitions.of(practiceId).cacheGeneration(practiceId, subject)],
        [rememberMs],
      )
    },
  }
}

export type AnswerCache = ReturnType<typeof createAnswerCache>
