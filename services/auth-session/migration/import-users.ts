import type { Role } from '#lib/contract/permissions.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { linkIdentity } from '../federation/link-identity.ts'
import { createUser } from '../users/create-user.ts'
import type { ImportedUser, Row, RowFault } from './imported-user.ts'

export interface ImportPlan {
  /** Of the provider's tokens; it stays how these people sign in there while both systems run. */
  readonly issuer: string
  /** For whom the export does not say it. */
  readonly practiceId: string | undefined
  readonly roles: readonly Role[]
  /** Without it nothing is written, and the report says what would be. */
  readonly write: boolean
  readonly requestId: string
}

export interface ImportReport {
  readonly created: number
  /** Of an earlier run. */
  readonly alreadyThere: number
  /** Row numbers, from 1, and why; never whose row it is. */
  readonly refused: readonly { readonly row: number; readonly fault: RowFault }[]
}

type Outcome = 'created' | 'already-there' | RowFault
type Deps = Pick<AuthDeps, 'index' | 'users' | 'passwords' | 'audit' | 'now' | 'identities'>

/**
 * Brings users over, one by one; running it again, also after it was cut off, brings only who is missing. Passwords
 * are checked by the hash they came with at the first sign-in, and hashed anew then.
 */
export async function importUsers(deps: Deps, rows: readonly Row[], plan: ImportPlan): Promise<ImportReport> {
  const taken = new Set<string>()
  let created = 0
  let alreadyThere = 0
  const refused: { row: number; fault: RowFault }[] = []
  for (const [index, row] of rows.entries()) {
    const outcome = row.kind === 'fault' ? row.fault : await importUser(deps, row.user, plan, taken)
    if (outcome === 'created') created += 1
    else if (outcome === 'already-there') alreadyThere += 1
    else refused.push({ row: index + 1, fault: outcome })
  }
  return { created, alreadyThere, refused }
}

async function importUser(
  deps: Deps,
  user: ImportedUser,
  plan: ImportPlan,
  taken: Set<string>,
): Promise<Outcome> {
  const practiceId = user.practiceId ?? plan.practiceId
  const roles = user.roles ?? plan.roles
  if (practiceId === undefined) return 'no-practice'
  if (roles.length === 0) return 'no-role'
  const subject = { issuer: plan.issuer, subject: user.subject }
  if (await deps.identities.find(practiceId, subject)) return 'already-there'

  const account = deps.index.account(user.email, practiceId)
  const holder = await deps.users.locate(account)
  const known = await deps.users.find(holder.practiceId, holder.userId)
  // Left by a run that was cut off before the link: the same imported hash is nobody else's.
  const isOurs =
    known !== undefined && user.passwordHash !== undefined && known.passwordHash === user.passwordHash
  if ((known !== undefined && !isOurs) || taken.has(account)) return 'email-taken'
  taken.add(account)
  if (!plan.write) return 'created'

  const by = { actor: 'users-import', requestId: plan.requestId }
  const userId = isOurs ? known.id : await createUser(deps, { ...user, practiceId, roles }, by)
  if (userId === undefined) return 'email-taken'
  await linkIdentity(deps, { practiceId, userId }, subject, by)
  return 'created'
}
