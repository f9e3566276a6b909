import type { Permission, Role } from '#lib/contract/permissions.ts'
import type { AssuranceLevel } from '#lib/contract/session.ts'
import { sessionIdOf } from '#lib/crypto/session-token.ts'
import { grantsOf } from './grants.ts'
import type { Taken } from './rate-limiter.ts'

/** A session that was good at the moment of the check. Times in ms since the epoch, by Redis' clock. */
export interface ActiveSession {
  readonly tokenHash: string
  /** First 16 hex digits of the token's hash: the session's name in logs, audit and answers. */
  readonly id: string
  readonly practiceId: string
  readonly userId: string
  readonly aal: AssuranceLevel
  readonly roles: readonly Role[]
  readonly permissions: readonly Permission[]
  /** What it would grant beside those if a second factor were proved. */
  readonly withheld: readonly Permission[]
  /** Opened by a password that somebody else chose: it may do nothing until its holder has chosen another one. */
  readonly mustChangePassword: boolean
  readonly createdAt: number
  /** When its holder last proved a factor; a sensitive route asks that it be fresh. */
  readonly provedAt: number
  readonly idleExpiresAt: number
  readonly absoluteExpiresAt: number
  /** Until when emergency access widens the permissions, where it does. */
  readonly emergencyUntil?: number | undefined
  /** When this was true, so that ages are told without a host's clock. */
  readonly checkedAt: number
  /** What became of the request in its rate limits, where the check took it out of them. */
  readonly taken?: Taken | undefined
  /** The user's address as it is kept, where the check was asked for it and there is one. */
  readonly sealedAddress?: string | undefined
}

/** Reads what read-session.lua answers, and what the same step brought along. */
export function toSession(
  practiceId: string,
  tokenHash: string,
  checked: readonly string[],
  along: Pick<ActiveSession, 'taken' | 'sealedAddress'> = {},
): ActiveSession {
  const [
    userId = '',
    aal,
    createdAt,
    absoluteExpiresAt,
    provedAt,
    idleExpiresAt,
    roles = '',
    now,
    added = '',
    emergency,
    firstPassword,
    ...table
  ] = checked
  const emergencyUntil = Number(emergency)
  const mustChangePassword = firstPassword === '1'
  const secondFactor = aal === 'aal2'
  const grants = grantsOf({
    roles,
    added,
    table,
    secondFactor,
    emergency: emergencyUntil > 0,
    mustChangePassword,
  })
  return {
    tokenHash,
    id: sessionIdOf(tokenHash),
    practiceId,
    userId,
    aal: secondFactor ? 'aal2' : 'aal1',
    roles: grants.roles,
    permissions: grants.permissions,
    withheld: grants.withheld,
    mustChangePassword,
    createdAt: Number(createdAt),
    provedAt: Number(provedAt),
    idleExpiresAt: Math.min(Number(idleExpiresAt), Number(absoluteExpiresAt)),
    absoluteExpiresAt: Number(absoluteExpiresAt),
    emergencyUntil: emergencyUntil > 0 ? emergencyUntil : undefined,
    checkedAt: Number(now),
    taken: along.taken,
    sealedAddress: along.sealedAddress,
  }
}
