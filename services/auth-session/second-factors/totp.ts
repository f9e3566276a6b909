import { Secret, TOTP } from 'otpauth'

/** What every authenticator app does (RFC 6238 §1.2, Google's key URI format): SHA-1, six digits, 30 s. */
const shape = { algorithm: 'SHA1', digits: 6, period: 30 } as const
/** RFC 6238 §5.2: one step either way for the phone's clock and the time it takes to type. */
const stepsAround = 1
/** RFC 4226 §4 R6 recommends 160 bits. */
const secretBytes = 20

/** A new seed, in base32. */
export const newTotpSecret = (): string => new Secret({ size: secretBytes }).base32

/** `otpauth://` as authenticator apps read it from a QR code; it contains the seed. */
export const otpauthUri = (issuer: string, email: string, secretBase32: string): string =>
  new TOTP({ ...shape, issuer, label: email, secret: Secret.fromBase32(secretBase32) }).toString()

/** The time step whose code this is, or undefined. */
export function matchingStep(secretBase32: string, code: string, now: number): number | undefined {
  const totp = new TOTP({ ...shape, secret: Secret.fromBase32(secretBase32) })
  const delta = totp.validate({ token: code, timestamp: now, window: stepsAround })
  return delta === null ? undefined : Math.floor(now / 1_000 / shape.period) + delta
}
