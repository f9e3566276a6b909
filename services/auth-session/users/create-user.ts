import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Role } from '#lib/contract/permissions.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { type UserStore, unknownPractice } from './user-store.ts'

export interface UserToCreate {
  readonly email: string
  /** Without one, and without a hash, nobody knows it: the account opens by other means. */
  readonly password?: string | undefined
  /** Where its owner has to choose another one: when it stops signing in, in ms. */
  readonly firstPasswordUntil?: number | undefined
  /** As another system made it, in the place of a password. */
  readonly passwordHash?: string | undefined
  readonly practiceId: string
  readonly roles: readonly Role[]
  /** Base32. */
  readonly totpSecret?: string | undefined
}

/** Most people that one practice may have: changes of access walk them all. */
const usersMax = 10_000

/**
 * Creates the user, and answers the id, unless the practice has an account of that address already (undefined).
 * Whether another practice has one changes nothing that a caller could see: each practice's account has its own
 * password. The address finds the user only after the creation is audited, so there is no account that the audit log
 * does not know. Throws `limit-reached` in a practice that is full.
 */
export async function createUser(
  deps: Pick<AuthDeps, 'index' | 'users' | 'passwords' | 'audit' | 'now'>,
  wanted: UserToCreate,
  by: { actor: string; requestId: string },
): Promise<string | undefined> {
  const { practiceId } = wanted
  const inPractice = deps.index.account(wanted.email, practiceId)
  const anywhere = deps.index.account(wanted.email)
  await forgetDeadEnd(deps.users, inPractice)
  await forgetDeadEnd(deps.users, anywhere)
  const [own, first] = await Promise.all([deps.users.locate(inPractice), deps.users.locate(anywhere)])
  if (own.practiceId !== unknownPractice || first.practiceId === practiceId) return undefined
  if ((await deps.users.count(practiceId)) >= usersMax) throw new DomainError('limit-reached')

  const user = {
    practiceId,
    id: uuidv7(),
    email: wanted.email.trim(),
    roles: wanted.roles,
    passwordHash:
      wanted.passwordHash ??
      (await deps.passwords.hash(wanted.password ?? randomBytes(32).toString('base64url'))),
    firstPasswordUntil: wanted.firstPasswordUntil,
    totpSecret: wanted.totpSecret,
    createdAt: deps.now(),
  }
  await deps.users.write(user)
  try {
    await deps.audit.append({
      action: 'user.create',
      practiceId,
      entity: `User/${user.id}`,
      outcome: 'success',
      ...by,
    })
  } catch (error) {
    // Nothing leads to the user, so one that cannot be taken back either harms nobody.
    await deps.users.remove(user).catch(() => undefined)
    throw error
  }
  if (!(await deps.users.link(inPractice, user))) {
    await deps.users.remove(user)
    return undefined
  }
  await deps.users.link(anywhere, user)
  return user.id
}

/** A removal that was cut off leaves an address that leads to nobody; it must not keep a new account away. */
async function forgetDeadEnd(users: UserStore, account: string): Promise<void> {
  const { practiceId, userId } = await users.locate(account)
  if (practiceId === unknownPractice || (await users.find(practiceId, userId))) return
  await users.unlink(account, { practiceId, id: userId })
}
