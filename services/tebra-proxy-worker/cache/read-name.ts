import { createHmac } from 'node:crypto'
import { type ActionName, cacheRuleOf } from '#lib/contract/actions.ts'
import type { FieldPlace } from '#lib/crypto/field-cipher.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { localDate } from '../upstream/time-zone.ts'
import type { TebraCredentials } from '../upstream/upstream.ts'

/** A read that may be cached: what it is called in Redis, and what rules it. */
export interface ReadName {
  readonly practiceId: string
  readonly action: ActionName
  readonly entry: string
  readonly flight: string
  readonly generation: string
  readonly freshMs: number
  readonly staleMs: number
}

/** → the read's name, or undefined where the action is never cached. The same question has the same name. */
export type NameRead = (practiceId: string, action: ActionName, params: unknown) => ReadName | undefined

/**
 * The name's digest is keyed, because a plain one of a surname is as good as the surname. Into it go the practice's
 * account, so that another account's answers are never found, and the day where the question leaves it to the clock.
 */
export function createNameRead(deps: {
  partitions: Partitions
  key: Buffer
  form: string
  accountOf: (practiceId: string) => TebraCredentials | undefined
  now: () => number
}): NameRead {
  return (practiceId, action, params) => {
    const rule = cacheRuleOf(action)
    const account = deps.accountOf(practiceId)
    if (!rule || !account) return undefined
    const { customerKey, user, practiceName, timeZone } = account
    const digest = createHmac('sha256', deps.key)
      .update(
        JSON.stringify([
          ...['cache', deps.form, customerKey, user, practiceName ?? '', timeZone],
          ...[practiceId, action, isAboutToday(action, params) ? localDate(timeZone, deps.now()) : ''],
          inOrder(params),
        ]),
      )
      .digest('base64url')
    const keys = deps.partitions.of(practiceId)
    return {
      practiceId,
      action,
      entry: keys.cacheEntry(practiceId, action, digest),
      flight: keys.cacheFlight(practiceId, action, digest),
      generation: keys.cacheGeneration(practiceId, rule.shows ?? 'all'),
      freshMs: rule.freshMs,
      staleMs: rule.staleMs,
    }
  }
}

const isAboutToday = (action: ActionName, params: unknown): boolean =>
  action === 'syncSchedule' && (params as { date?: unknown }).date === undefined

/** Where a cached answer stands sealed; it opens nowhere else, not even under another question's key. */
export const cachePlaceOf = ({ practiceId, entry }: ReadName): FieldPlace => ({
  practiceId,
  key: entry,
  field: 'cache',
})

/** The same value with the members of every object in one order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, inOrder(member)])
}
