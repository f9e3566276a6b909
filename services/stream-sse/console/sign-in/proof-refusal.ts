const texts: Readonly<Record<string, string>> = {
  'invalid-code': 'That code is wrong, was used before, or is too old. Wait for the next one and type it in.',
  'invalid-passkey': 'That passkey was not accepted. Try again, or choose another way.',
  'invalid-credentials': 'The password is wrong. Capital letters matter.',
}

/** Why a proof was not taken, in words that help; undefined where another try cannot help. */
export const proofRefusalText = (code: string): string | undefined => texts[code]
