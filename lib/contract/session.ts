import { z } from 'zod'
import { Instant, PracticeId, Uuid } from './ids.ts'
import { Permission, Role } from './permissions.ts'

/** How sure we are who it is (NIST SP 800-63B-4): one factor, or two. */
export const AssuranceLevel = z.enum(['aal1', 'aal2'])
export type AssuranceLevel = z.infer<typeof AssuranceLevel>

const Delivery = z.enum(['cookie', 'bearer']).meta({
  description: 'cookie: __Host-session is set. bearer: the token is in the answer, for programs.',
})

export const LoginRequest = z
  .strictObject({
    // Signing in only looks an address up; how addresses may look is decided where an account is made.
    email: z
      .string()
      .regex(/^[^@\s]+@[^@\s]+$/, 'an e-mail address')
      .max(254),
    password: z.string().min(1).max(512),
    delivery: Delivery.optional(),
  })
  .meta({ id: 'LoginRequest' })
export type LoginRequest = z.infer<typeof LoginRequest>

export const MfaRequest = z
  .strictObject({
    challengeId: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    totp: z.string().regex(/^[0-9]{6}$/, 'six digits'),
    delivery: Delivery.optional(),
  })
  .meta({ id: 'MfaRequest' })
export type MfaRequest = z.infer<typeof MfaRequest>

export const SessionView = z
  .object({
    id: z
      .string()
      .meta({ description: 'First 16 hex digits of the token hash; names the session in logs and audit' }),
    aal: AssuranceLevel,
    createdAt: Instant,
    idleExpiresAt: Instant,
    absoluteExpiresAt: Instant,
  })
  .meta({ id: 'Session' })
export type SessionView = z.infer<typeof SessionView>

export const UserView = z
  .object({ id: Uuid, email: z.string(), practiceId: PracticeId, roles: z.array(Role) })
  .meta({ id: 'User' })
export type UserView = z.infer<typeof UserView>

export const LoginAnswer = z
  .object({ session: SessionView, user: UserView, token: z.string().optional() })
  .meta({ id: 'LoginAnswer' })
export type LoginAnswer = z.infer<typeof LoginAnswer>

export const SessionAnswer = z
  .object({ session: SessionView, user: UserView, permissions: z.array(Permission) })
  .meta({ id: 'SessionAnswer' })
export type SessionAnswer = z.infer<typeof SessionAnswer>

/** Published on `session-ended`: a session lost its access; whoever holds a stream open for it closes that. */
export const SessionEnded = z.object({
  practiceId: PracticeId,
  tokenHash: z.string().optional(),
  userId: Uuid.optional(),
})
export type SessionEnded = z.infer<typeof SessionEnded>
