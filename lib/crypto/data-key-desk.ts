import { mastersOf, type RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { sealsPerKeyMax } from './aes-gcm.ts'
import { UnknownPractice } from './data-keys.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { swapField } from './swap-field.ts'
import { readWrappedKeys, setCurrentKey } from './wrapped-keys.ts'

export interface DataKeyStatus {
  readonly practiceId: string
  readonly current: string
  readonly currentSince: number | undefined
  /** Keys that are there, old ones included. */
  readonly keys: number
  /** Values that the current key may have sealed: what processes took for themselves counts as used. */
  readonly seals: number
  /** It should be rotated now: half its uses are gone, or it is old. */
  readonly due: boolean
}

/** A cryptoperiod far inside NIST SP 800-57's two years for a symmetric data key. */
const keyAgeMaxMs = 90 * 24 * 3_600_000

/** What an operator does with practices' data keys. Each step may be repeated; none leaves a practice in between. */
export function createDataKeyDesk(deps: { redis: RedisClient; wrapper: KeyWrapper; now: () => number }) {
  const { redis, wrapper, now } = deps

  const keysOf = async (practiceId: string) => {
    const keys = await readWrappedKeys(redis, practiceId)
    if (!keys) throw new UnknownPractice('the practice has no data key')
    return keys
  }

  return {
    /** Every practice that has data keys. */
    async practices(): Promise<string[]> {
      const names = await Promise.all(mastersOf(redis).map((node) => scan(node)))
      return names.flat().sort()
    },

    async status(practiceId: string): Promise<DataKeyStatus> {
      const { current, currentSince, wrapped } = await keysOf(practiceId)
      const seals = Number(await redis.hget(sessionKeys.seals(practiceId), current))
      const due = seals > sealsPerKeyMax / 2 || now() - (currentSince ?? 0) > keyAgeMaxMs
      return { practiceId, current, currentSince, keys: wrapped.size, seals, due }
    },

    /**
     * New text is sealed under a new key, everywhere within a minute; old text stays readable. Answers the key that
     * is current then: where two rotate at once there is one new key.
     */
    async rotate(practiceId: string): Promise<string> {
      const { current } = await keysOf(practiceId)
      return (await setCurrentKey(deps, practiceId, current)) ?? (await keysOf(practiceId)).current
    },

    /** Wraps each data key by the key-encryption key that is first now, so that an earlier one can be destroyed. */
    async rewrap(practiceId: string): Promise<number> {
      const { wrapped } = await keysOf(practiceId)
      const name = sessionKeys.dataKeys(practiceId)
      const swapped = await Promise.all(
        [...wrapped].map(async ([kid, from]) => {
          const to = await wrapper.wrap(practiceId, await wrapper.unwrap(practiceId, from))
          return swapField(redis, name, kid, { from, to })
        }),
      )
      return swapped.filter(Boolean).length
    },

    /** Deletes the practice's keys. Within a minute nothing of it can be read any more, by any process, for ever. */
    async shred(practiceId: string): Promise<void> {
      await redis.del(sessionKeys.dataKeys(practiceId), sessionKeys.seals(practiceId))
    },
  }
}

const [before = '', after = ''] = sessionKeys.dataKeys('*').split('*')

async function scan(node: ReturnType<typeof mastersOf>[number]): Promise<string[]> {
  const found = new Set<string>()
  for await (const names of node.scanStream({ match: sessionKeys.dataKeys('*'), count: 1_000 }))
    for (const name of names) found.add(name.slice(before.length, -after.length))
  return [...found]
}
