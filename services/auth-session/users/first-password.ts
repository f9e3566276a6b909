import type { AuthDeps } from '../auth-deps.ts'
import type { User } from './user-store.ts'

/** Until when a password that an administrator chooses now signs in, in ms (OWASP ASVS 5.0 6.4.1). */
export const firstPasswordEnd = (deps: Pick<AuthDeps, 'now' | 'firstPasswordMs'>): number =>
  deps.now() + deps.firstPasswordMs

/** Somebody else knows the password: a session that it opens changes it before all else. */
export const isFirstPassword = (user: User): boolean => user.firstPasswordUntil !== undefined

/** The password was never changed by its owner, and proves nothing any more. */
export const isFirstPasswordOver = (deps: Pick<AuthDeps, 'now'>, { firstPasswordUntil }: User): boolean =>
  firstPasswordUntil !== undefined && deps.now() >= firstPasswordUntil
