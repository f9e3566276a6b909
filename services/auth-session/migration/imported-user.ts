import { z } from 'zod'
import { PracticeId } from '#lib/contract/ids.ts'
import { Role } from '#lib/contract/permissions.ts'

/** Somebody of another system, as we would have them. */
export interface ImportedUser {
  /** With the issuer, who it is; the parallel run signs in by it. */
  readonly subject: string
  readonly email: string
  /** Marked with how to check it; undefined where the other system gave none: then only the provider signs in. */
  readonly passwordHash: string | undefined
  readonly totpSecret: string | undefined
  readonly practiceId: string | undefined
  readonly roles: readonly Role[] | undefined
}

/** Why a row is not taken. */
export type RowFault =
  | 'not-a-user'
  | 'no-email'
  | 'email-not-verified'
  | 'blocked'
  | 'unsupported-hash'
  | 'unusable-second-factor'
  | 'no-practice'
  | 'no-role'
  | 'email-taken'

export type Row =
  | { readonly kind: 'user'; readonly user: ImportedUser }
  | { readonly kind: 'fault'; readonly fault: RowFault }

export const faulty = (fault: RowFault): Row => ({ kind: 'fault', fault })

/** Where somebody works and as what, where the other system's own fields for such things say so. */
export const Placement = z.object({
  practice: PracticeId.optional().catch(undefined),
  roles: z.array(Role).min(1).optional().catch(undefined),
})

/** Addresses that may sign in: there, and proved to be their owner's. */
export function emailFault(email: string | undefined, isVerified: boolean | undefined): RowFault | undefined {
  if (email === undefined || email.length > 254 || !/^[^@\s]+@[^@\s]+$/.test(email)) return 'no-email'
  return isVerified === true ? undefined : 'email-not-verified'
}
