import type { AssuranceLevel } from '#lib/contract/session.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { revokeUser } from '../sessions/revoke-sessions.ts'
import type { User, UserPlace, UserStore } from '../users/user-store.ts'

type Account = Pick<User, 'practiceId' | 'id'>

export const linksMax = 20

/** Another account of the same person, and how surely it was proved that it is the same. */
export interface Entry {
  readonly user: User
  readonly aal: AssuranceLevel
}

/**
 * Accounts of one person in several practices. Each account says itself from where it may be entered, and under which
 * epochs that was agreed: what ends all sessions of either account ends the link. So a practice never hears of the others, and
 * none decides over another's account.
 */
export interface LinkStore {
  /** Both ways; the person has proved both accounts at that level. False where one has as many as there may be. */
  link(one: User, other: User, aal: AssuranceLevel): Promise<boolean>
  /** The account in that practice which may be entered from this one now. */
  enter(from: Account, practiceId: string): Promise<Entry | undefined>
  /** Practices that may be entered from this account now. */
  practices(from: Account): Promise<string[]>
  /** Both ways; false where there was no link. */
  cut(from: Account, practiceId: string): Promise<boolean>
  /** Cuts every link, and ends the other accounts' sessions, which may have been entered from here. */
  cutAll(from: Account): Promise<void>
}

const fieldOf = ({ practiceId, id }: Account) => `${practiceId}/${id}`
const placeOf = (field: string): UserPlace => {
  const [practiceId = '', userId = ''] = field.split('/')
  return { practiceId, userId }
}

export function createLinkStore({ redis, users }: { redis: RedisClient; users: UserStore }): LinkStore {
  const keyOf = ({ practiceId, id }: Account) => sessionKeys.links(practiceId, id)
  const others = async (of: Account) => (await redis.hkeys(keyOf(of))).map(placeOf)

  /** At which level the account agreed to be entered from the other one, if it still does. */
  const agreed = async (account: User, other: Account): Promise<string | undefined> => {
    const [aal, epochs] = ((await redis.hget(keyOf(account), fieldOf(other))) ?? '').split(' ')
    return epochs === account.epochs ? aal : undefined
  }

  /** The epochs are read before the links, so that a cut between the two is noticed when the session opens. */
  const tryEntry = async (from: Account, { practiceId, userId }: UserPlace): Promise<Entry | undefined> => {
    const [own, user] = await Promise.all([
      users.find(from.practiceId, from.id),
      users.find(practiceId, userId),
    ])
    if (!own || !user || user.disabled) return undefined
    const [aal, back] = await Promise.all([agreed(user, own), agreed(own, user)])
    if (aal === undefined || back === undefined) return undefined
    return { user, aal: aal === 'aal2' ? 'aal2' : 'aal1' }
  }

  const placeIn = async (from: Account, practiceId: string): Promise<UserPlace | undefined> =>
    (await others(from)).find((other) => other.practiceId === practiceId)

  const enter = async (from: Account, practiceId: string): Promise<Entry | undefined> => {
    const place = await placeIn(from, practiceId)
    return place && tryEntry(from, place)
  }

  const forget = (one: Account, other: Account) => redis.hdel(keyOf(one), fieldOf(other))

  return {
    enter,

    async link(one, other, aal) {
      for (const account of [one, other]) if ((await redis.hlen(keyOf(account))) >= linksMax) return false
      await redis.hset(keyOf(one), fieldOf(other), `${aal} ${one.epochs}`)
      await redis.hset(keyOf(other), fieldOf(one), `${aal} ${other.epochs}`)
      return true
    },

    async practices(from) {
      const entries = await Promise.all((await others(from)).map((place) => tryEntry(from, place)))
      return entries.flatMap((entry) => (entry ? [entry.user.practiceId] : []))
    },

    async cut(from, practiceId) {
      const place = await placeIn(from, practiceId)
      if (!place) return false
      const other = { practiceId, id: place.userId }
      await forget(other, from)
      await forget(from, other)
      return true
    },

    async cutAll(from) {
      for (const { practiceId, userId } of await others(from)) {
        const other = { practiceId, id: userId }
        await forget(other, from)
        await revokeUser(redis, practiceId, userId)
        await forget(from, other)
      }
    },
  }
}
