import { Secret, TOTP } from 'otpauth'

export const totpSecret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

/** What an authenticator app shows at that moment. */
export const codeAt = (at: number, secret = totpSecret): string =>
  new TOTP({ secret: Secret.fromBase32(secret), period: 30, digits: 6 }).generate({ timestamp: at })
