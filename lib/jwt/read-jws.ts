import { TokenRefused } from './token-refused.ts'

type Members = Readonly<Record<string, unknown>>

/** A signed token taken apart; nothing of it is believed yet. */
export interface UnverifiedJws {
  readonly text: string
  /** What the signature covers; the signature itself may have several spellings, this has one. */
  readonly signed: string
  readonly header: { readonly alg: string; readonly kid: string; readonly typ: string | undefined }
  readonly claims: Members
}

/** Providers' tokens are 1 to 2 KB; reading costs the more the longer they are. */
const charactersMax = 6_000

/**
 * RFC 7515 §4.1 knows headers that bring or fetch their own key (jwk, jku, x5u, x5c) or change what is to be
 * understood (crit, b64, cty, zip). Whatever is not in this list is refused, whether we know it or not.
 */
const headersKnown: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'x5t', 'x5t#S256'])

/** Takes a compact JWS apart, strictly (RFC 8725 §3). Throws `TokenRefused`. */
export function readJws(text: string): UnverifiedJws {
  if (text.length > charactersMax) throw new TokenRefused('token-too-large')
  const [header = '', payload = '', signature = '', ...rest] = text.split('.')
  if (rest.length > 0 || signature === '' || !isCanonical(signature))
    throw new TokenRefused('token-malformed')

  const { alg, kid, typ, ...others } = readMembers(header)
  if (Object.keys(others).some((name) => !headersKnown.has(name))) throw new TokenRefused('token-header')
  if (typeof alg !== 'string') throw new TokenRefused('token-algorithm')
  // RFC 7515 lets a lone key go unnamed; every provider names it, and a name is what makes rotation safe.
  if (typeof kid !== 'string' || !/^[\w.~+/=:@-]{1,200}$/.test(kid)) throw new TokenRefused('token-key')
  if (typ !== undefined && typeof typ !== 'string') throw new TokenRefused('token-type')
  return { text, signed: `${header}.${payload}`, header: { alg, kid, typ }, claims: readMembers(payload) }
}

function readMembers(segment: string): Members {
  if (!isCanonical(segment)) throw new TokenRefused('token-malformed')
  const value = parseJson(Buffer.from(segment, 'base64url'))
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TokenRefused('token-malformed')
  return value as Members
}

/** Node reads several texts as the same bytes; only one of them is base64url of RFC 7515 §2. */
const isCanonical = (segment: string): boolean =>
  Buffer.from(segment, 'base64url').toString('base64url') === segment

function parseJson(bytes: Buffer): unknown {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    throw new TokenRefused('token-malformed', error)
  }
  if (namesWritten(text) !== namesKept(value)) throw new TokenRefused('token-duplicate-name')
  return value
}

/** In valid JSON a string before a colon is a member's name. RFC 7519 §4: names must be unique. */
const namesWritten = (json: string): number =>
  [...json.matchAll(/"(?:\\.|[^"\\])*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length

/** A name that is there twice is kept once. */
function namesKept(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value).reduce((sum: number, member) => sum + namesKept(member), 0)
  return Array.isArray(value) ? inside : inside + Object.keys(value).length
}
