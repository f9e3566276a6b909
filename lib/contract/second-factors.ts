import { z } from 'zod'
import { Instant } from './ids.ts'
import { Role } from './permissions.ts'
import { base64Url, CredentialId, proofs } from './proofs.ts'
import { text, trimmedText, withExactlyOne } from './rules.ts'
import { SessionView } from './session.ts'

/** What `navigator.credentials.create()` gives, as JSON (WebAuthn Level 3 §5.1, RegistrationResponseJSON). */
export const PasskeyAttestation = z
  .object({
    id: CredentialId,
    rawId: CredentialId,
    type: z.literal('public-key'),
    response: z.object({
      clientDataJSON: base64Url(4_096),
      attestationObject: base64Url(8_192),
      transports: z
        .array(z.string().regex(/^[\x21-\x7e]{1,32}$/))
        .max(10)
        .optional(),
    }),
  })
  .meta({ id: 'PasskeyAttestation' })
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>

export const SecondFactorMethod = z
  .enum(['totp', 'passkey', 'recoveryCode'])
  .meta({ id: 'SecondFactorMethod' })
export type SecondFactorMethod = z.infer<typeof SecondFactorMethod>

/** For `PublicKeyCredential.parseCreationOptionsFromJSON()` (WebAuthn Level 3 §5.1.9). */
export const CreationOptions = z.looseObject({ challenge: z.string() }).meta({ id: 'PasskeyCreationOptions' })
/** For `PublicKeyCredential.parseRequestOptionsFromJSON()` (WebAuthn Level 3 §5.1.10). */
export const RequestOptions = z.looseObject({ challenge: z.string() }).meta({ id: 'PasskeyRequestOptions' })

export const PasskeyName = trimmedText(1, 64)
export const PasskeyId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .meta({ description: 'First 32 hex digits of the SHA-256 of the credential id' })

export const PasskeyView = z
  .object({
    id: PasskeyId,
    name: z.string(),
    createdAt: Instant,
    lastUsedAt: Instant.optional(),
    synced: z.boolean().meta({ description: 'it is backed up and may be on several devices' }),
  })
  .meta({ id: 'Passkey' })
export type PasskeyView = z.infer<typeof PasskeyView>

export const SecondFactors = z
  .object({
    totp: z.enum(['none', 'enrolled', 'disabled']).meta({
      description: 'disabled: after 100 wrong codes in a row, until an administrator resets it',
    }),
    passkeys: z.array(PasskeyView),
    recoveryCodesLeft: z.int(),
    required: z.boolean().meta({ description: 'a role of the user demands a second factor' }),
  })
  .meta({ id: 'SecondFactors' })
export type SecondFactors = z.infer<typeof SecondFactors>

export const TotpEnrolment = z
  .object({
    secret: z.string().meta({ description: 'base32, 160 bits' }),
    otpauthUri: z.string().meta({ description: 'for the QR code; it contains the secret' }),
    expiresAt: Instant,
  })
  .meta({ id: 'TotpEnrolment' })

/** The session goes on under a new token: in the cookie, or in the answer where the caller came with a bearer token. */
export const RenewedSession = z
  .object({ session: SessionView, token: z.string().optional() })
  .meta({ id: 'RenewedSession' })
export type RenewedSession = z.infer<typeof RenewedSession>

const recoveryCodes = z.array(z.string()).meta({ description: 'shown this once; each works once' })
export const RecoveryCodes = z.object({ recoveryCodes }).meta({ id: 'RecoveryCodes' })
export const TotpEnrolled = RenewedSession.extend({ recoveryCodes }).meta({ id: 'TotpEnrolled' })
export const PasskeyRegistered = RenewedSession.extend({
  passkey: PasskeyView,
  recoveryCodes: recoveryCodes.optional(),
}).meta({ id: 'PasskeyRegistered' })

export const StepUpRequest = withExactlyOne(
  z.strictObject({ ...proofs, password: text(1, 512).optional() }),
  ['totp', 'recoveryCode', 'passkey', 'password'],
  'give exactly one proof',
).meta({ id: 'StepUpRequest' })

/** Roles that grant nothing to a session of one factor: those of every practice, and those a practice adds. */
export const SecondFactorPolicy = z
  .object({ always: z.array(Role), added: z.array(Role) })
  .meta({ id: 'SecondFactorPolicy' })
