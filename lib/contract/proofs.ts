import { z } from 'zod'
import { text } from './rules.ts'

/** A sign-in that waits for its second factor. */
export const ChallengeId = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

export const TotpCode = z.string().regex(/^[0-9]{6}$/, 'six digits')
/** Case, dashes and spaces do not count. */
export const RecoveryCode = text(25, 64)

export const base64Url = (charactersMax: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'base64url')
    .max(charactersMax)
/** WebAuthn Level 3 §5.1: a credential's id has at most 1,023 bytes. */
export const CredentialId = base64Url(1_364)

/** What `navigator.credentials.get()` gives, as JSON (WebAuthn Level 3 §5.1, AuthenticationResponseJSON). */
export const PasskeyAssertion = z
  .object({
    id: CredentialId,
    rawId: CredentialId,
    type: z.literal('public-key'),
    response: z.object({
      clientDataJSON: base64Url(4_096),
      authenticatorData: base64Url(4_096),
      signature: base64Url(4_096),
      userHandle: base64Url(88).optional(),
    }),
  })
  .meta({ id: 'PasskeyAssertion' })
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

/** Ways to prove who one is; exactly one of them is given. */
export const proofs = {
  totp: TotpCode.optional(),
  recoveryCode: RecoveryCode.optional(),
  passkey: PasskeyAssertion.optional(),
} as const

export const Proof = z.object(proofs)
export type Proof = z.infer<typeof Proof>
