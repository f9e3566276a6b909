import { hash, randomBytes } from 'node:crypto'
import { practiceIdPattern } from '#lib/contract/ids.ts'

/**
 * A session token: `<practice>.<32 random bytes, base64url>`. The practice routes it to its Redis slot, so that one
 * script reads all that a check needs. Redis knows only the SHA-256 of the whole.
 */
export interface ParsedToken {
  readonly practiceId: string
  /** 64 hex digits; names the session in Redis. The first 16 name it in logs and audit. */
  readonly hash: string
}

export const createToken = (practiceId: string): string =>
  `${practiceId}.${randomBytes(32).toString('base64url')}`

const tokenPattern = new RegExp(`^(${practiceIdPattern})\\.[A-Za-z0-9_-]{43}$`)

/** undefined where the text cannot be a token; no look-up is worth making for it. */
export function parseToken(token: string): ParsedToken | undefined {
  const practiceId = tokenPattern.exec(token)?.[1]
  return practiceId === undefined ? undefined : { practiceId, hash: sha256Hex(token) }
}

export const sha256Hex = (text: string): string => hash('sha256', text, 'hex')

export const sessionIdOf = (tokenHash: string): string => tokenHash.slice(0, 16)
