import type { AssuranceLevel, SessionView } from '#lib/contract/session.ts'
import { sessionIdOf } from '#lib/crypto/session-token.ts'
import { instant } from './instant.ts'

/** What the scripts that open and rotate sessions answer; in ms. */
export type Times = [createdAt: number, idleExpiresAt: number, absoluteExpiresAt: number]
export type Rotated = [...Times, firstPassword: number]

/** A session as its holder sees it. */
export function viewOf(tokenHash: string, aal: AssuranceLevel, rotated: Rotated): SessionView {
  const [createdAt, idleExpiresAt, absoluteExpiresAt, firstPassword] = rotated
  return {
    id: sessionIdOf(tokenHash),
    aal,
    createdAt: instant(createdAt),
    idleExpiresAt: instant(idleExpiresAt),
    absoluteExpiresAt: instant(absoluteExpiresAt),
    ...(firstPassword === 1 && { mustChangePassword: true }),
  }
}
