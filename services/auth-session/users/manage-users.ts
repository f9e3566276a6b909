import type { Context } from 'hono'
import type { NewAuditEvent } from '#lib/audit/audit-log.ts'
import type { UserAccount } from '#lib/contract/users.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { instant } from '../sessions/instant.ts'
import type { Changed } from './access-store.ts'
import type { User } from './user-store.ts'

/** Most programs that one practice may have. */
export const programsMax = 100

/** Reading needs the permission; changing needs two factors, one of them proved lately. */
export const mayRead = (deps: AuthDeps) => requireSession({ ...deps, permission: 'users:manage' })
export const mayManage = (deps: AuthDeps) =>
  requireSession({ ...deps, permission: 'users:manage', aal: 'aal2', freshMs: stepUpFreshMs })

/**
 * Makes a change of administration under its audit event: the event stands first; where the change is refused a second
 * one says so, and the caller is told by its code. Answers the version after it.
 */
export async function administer(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  deed: Pick<NewAuditEvent, 'action' | 'entity' | 'reason'>,
  change: () => Promise<Changed>,
): Promise<number> {
  const { practiceId, userId: actor } = c.var.session
  return auditFirst(deps, { ...deed, actor, practiceId, requestId: c.var.requestId }, async () => {
    const changed = await change()
    if (changed.outcome !== 'done') throw new DomainError(changed.outcome)
    return changed.version
  })
}

/** The user of that id in the caller's practice; whether another practice has one is nobody's business. */
export async function userHere(c: Context<ServiceEnv>, deps: AuthDeps, id: string): Promise<User> {
  const user = await deps.users.find(c.var.session.practiceId, id)
  if (!user) throw new DomainError('not-found')
  return user
}

export const viewOf = (user: User): UserAccount => ({
  id: user.id,
  email: user.email,
  roles: [...user.roles],
  disabled: user.disabled,
  version: user.version,
  createdAt: instant(user.createdAt),
  ...(user.firstPasswordUntil !== undefined && { firstPasswordUntil: instant(user.firstPasswordUntil) }),
})
