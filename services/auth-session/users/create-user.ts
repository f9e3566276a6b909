import { v7 as uuidv7 } from 'uuid'
import type { Role } from '#lib/contract/permissions.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { unknownPractice } from './user-store.ts'

export interface UserToCreate {
  readonly email: string
  readonly password: string
  readonly practiceId: string
  readonly roles: readonly Role[]
  /** Base32. */
  readonly totpSecret?: string | undefined
}

/**
 * Creates the user unless the e-mail address has an account already (false). The address finds the user only after
 * the creation is audited, so there is no account that the audit log does not know.
 */
export async function createUser(
  deps: Pick<AuthDeps, 'index' | 'users' | 'passwords' | 'audit' | 'now'>,
  wanted: UserToCreate,
  by: { actor: string; requestId: string },
): Promise<boolean> {
  const account = deps.index.account(wanted.email)
  if ((await deps.users.locate(account)).practiceId !== unknownPractice) return false

  const user = {
    practiceId: wanted.practiceId,
    id: uuidv7(),
    email: wanted.email.trim(),
    roles: wanted.roles,
    passwordHash: await deps.passwords.hash(wanted.password),
    totpSecret: wanted.totpSecret,
    createdAt: deps.now(),
  }
  await deps.users.write(user)
  try {
    await deps.audit.append({
      action: 'user.create',
      practiceId: user.practiceId,
      entity: `User/${user.id}`,
      outcome: 'success',
      ...by,
    })
  } catch (error) {
    // Nothing leads to the user, so one that cannot be taken back either harms nobody.
    await deps.users.remove(user).catch(() => undefined)
    throw error
  }
  const linked = await deps.users.link(account, user)
  if (!linked) await deps.users.remove(user)
  return linked
}
