import { Secret, TOTP } from 'otpauth'

const periodSeconds = 30
/** RFC 6238 §5.2: one step either way for the phone's clock and the time it takes to type. */
const stepsAround = 1

/** The time step whose code this is, or undefined: SHA-1, six digits, 30 s, which every authenticator app does. */
export function matchingStep(secretBase32: string, code: string, now: number): number | undefined {
  const totp = new TOTP({
    secret: Secret.fromBase32(secretBase32),
    algorithm: 'SHA1',
    digits: 6,
    period: periodSeconds,
  })
  const delta = totp.validate({ token: code, timestamp: now, window: stepsAround })
  return delta === null ? undefined : Math.floor(now / 1_000 / periodSeconds) + delta
}
