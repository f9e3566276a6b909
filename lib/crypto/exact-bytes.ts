/** What the last character of a text of this length (modulo 4) may be: no bit is set that belongs to no byte. */
const lastCharacters: Readonly<Record<number, string>> = {
  2: 'AQgw',
  3: 'AEIMQUYcgkosw048',
}

/**
 * Reads base64url that only one text stands for, or throws. The runtime also takes spare bits, padding and foreign
 * characters (left out, so that bytes are missing), the other alphabet's `+` and `/`, and of characters beyond ASCII
 * the low byte. Writing the bytes out again would find all of it, at twice the time.
 */
export function exactBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  const spare = lastCharacters[text.length % 4]
  const exact =
    text.length % 4 !== 1 &&
    bytes.length === Math.floor((text.length * 3) / 4) &&
    (spare === undefined || spare.includes(text.at(-1) ?? '')) &&
    Buffer.byteLength(text) === text.length &&
    !text.includes('+') &&
    !text.includes('/')
  if (!exact) throw new Error('not a v1 sealed value')
  return bytes
}
