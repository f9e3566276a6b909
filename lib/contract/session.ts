import { z } from 'zod'
import { Instant, PracticeId, Uuid } from './ids.ts'
import { Permission, Role } from './permissions.ts'
import { ChallengeId, proofs } from './proofs.ts'
import { text, withExactlyOne, withMembers } from './rules.ts'

/** How sure we are who it is (NIST SP 800-63B-4): one factor, or two. */
export const AssuranceLevel = z.enum(['aal1', 'aal2'])
export type AssuranceLevel = z.infer<typeof AssuranceLevel>

export const Delivery = z.enum(['cookie', 'bearer']).meta({
  description: 'cookie: __Host-session is set. bearer: the token is in the answer, for programs.',
})

export const LoginRequest = z
  .strictObject({
    // Signing in only looks an address up; how addresses may look is decided where an account is made.
    email: text(3, 254)
      .regex(/^[^@\s]+@[^@\s]+$/, 'an e-mail address')
      .meta({ examples: ['front-desk@demo.example'] }),
    password: text(1, 512),
    practiceId: PracticeId.optional().meta({
      description: 'whose account of this address is meant; without it the one that was made first',
    }),
    delivery: Delivery.optional(),
  })
  .meta({ id: 'LoginRequest' })
export type LoginRequest = z.infer<typeof LoginRequest>

export const MfaRequest = withExactlyOne(
  z.strictObject({ challengeId: ChallengeId, ...proofs, delivery: Delivery.optional() }),
  ['totp', 'recoveryCode', 'passkey'],
  'give exactly one proof',
).meta({ id: 'MfaRequest' })
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
    mustChangePassword: z.literal(true).optional().meta({
      description: 'opened by a password that somebody else chose: POST /auth/password comes before all else',
    }),
  })
  .meta({ id: 'Session' })
export type SessionView = z.infer<typeof SessionView>

export const UserView = z
  .object({ id: Uuid, email: z.string(), practiceId: PracticeId, roles: z.array(Role) })
  .meta({ id: 'User' })
export type UserView = z.infer<typeof UserView>

export const LoginAnswer = z
  .object({
    session: SessionView,
    user: UserView,
    token: z.string().optional(),
    newDevice: z
      .boolean()
      .optional()
      .meta({ description: 'the user signed in before, but not from a browser and network like this' }),
    otherSessions: z.int().optional().meta({ description: 'sessions of the user beside this one' }),
    practices: z
      .array(PracticeId)
      .optional()
      .meta({ description: 'other practices the user may change to: POST /auth/session/practice' }),
  })
  .meta({ id: 'LoginAnswer' })
export type LoginAnswer = z.infer<typeof LoginAnswer>

export const SessionAnswer = z
  .object({
    session: SessionView,
    user: UserView,
    permissions: z.array(Permission),
    emergencyUntil: Instant.optional().meta({ description: 'until when emergency access widens them' }),
  })
  .meta({ id: 'SessionAnswer' })
export type SessionAnswer = z.infer<typeof SessionAnswer>

/** Coarse on purpose: enough to tell one's own browser from a stranger's. */
export const Device = z
  .object({
    browser: z.string(),
    system: z.string(),
    network: z.string().meta({ description: 'IPv4 /24 or IPv6 /64' }),
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof Device>

export const SessionList = z
  .object({
    sessions: z.array(
      SessionView.extend({
        lastActiveAt: Instant,
        current: z.boolean(),
        newDevice: z.boolean(),
        device: Device.optional(),
      }),
    ),
    limits: z.object({ idleMs: z.int(), absoluteMs: z.int(), perUserMax: z.int() }),
  })
  .meta({ id: 'SessionList' })
export type SessionList = z.infer<typeof SessionList>

export const SessionId = z.string().regex(/^[0-9a-f]{16}$/)

export const RevokeRequest = z
  .strictObject({
    scope: z.enum(['user', 'practice']).default('user'),
    userId: Uuid.optional().meta({ description: 'with scope user; the caller where it is left out' }),
  })
  .refine(({ scope, userId }) => scope === 'user' || userId === undefined, {
    path: ['userId'],
    message: 'goes with scope user only',
  })
  .meta({
    id: 'RevokeRequest',
    not: { properties: { scope: { const: 'practice' } }, required: ['scope', 'userId'] },
  })

/** What any new password must be; the service asks more of one that opens its account alone, or is guessed first. */
export const NewPassword = text(8, 128)

export const PasswordChange = z
  .strictObject({ current: text(1, 512), next: NewPassword })
  .meta({ id: 'PasswordChange' })

const shortest = { idleMs: 60_000, absoluteMs: 300_000 }
/** A practice's own time-outs, no longer than the service's. */
export const practiceSessionLimits = (longest: { readonly idleMs: number; readonly absoluteMs: number }) =>
  withMembers(
    z.strictObject({
      idleMs: z.int().min(shortest.idleMs).max(longest.idleMs).nullable().optional(),
      absoluteMs: z.int().min(shortest.absoluteMs).max(longest.absoluteMs).nullable().optional(),
    }),
    1,
    'name at least one time-out',
  ).meta({
    id: 'PracticeSessionLimits',
    description: 'null gives a time-out back to the service',
  })

/** Published on `session-ended`: a session lost its access; whoever holds a stream open for it closes that. */
export const SessionEnded = z.object({
  practiceId: PracticeId,
  tokenHash: z.string().optional(),
  userId: Uuid.optional(),
  /** The session goes on under a new token; who held the old one comes back with the new. */
  rotated: z.boolean().optional(),
})
export type SessionEnded = z.infer<typeof SessionEnded>
