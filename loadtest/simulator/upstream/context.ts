import type { Account } from '../accounts.ts'
import type { Call } from '../counters.ts'
import type { ActiveFaults } from '../faults.ts'
import type { Simulator } from '../simulator.ts'
import { type Members, membersOf } from '../soap/data-contract.ts'
import { nullReference } from './payload.ts'

/** What an operation works with, once the caller is known and within the limits. */
export type Context = {
  state: Simulator
  account: Account
  members: Members
  call: Call
  faults: ActiveFaults
}

/** The request's Filter; the service never checks that there is one (observed live behaviour). */
export const filterOf = ({ members }: Context): Members => {
  const filter = membersOf(members, 'Filter')
  if (!filter) throw nullReference()
  return filter
}

/** The rows of the practices that the account may see. */
export const visible = <T extends { practiceId: number }>({ account }: Context, items: readonly T[]): T[] =>
  items.filter((item) => account.practiceIds.includes(item.practiceId))

/** Text filters are generous: they find parts, in any case. */
export const contains = (text: string, wanted: string | undefined): boolean =>
  wanted === undefined || text.toLowerCase().includes(wanted.toLowerCase())
