import { parse, validate } from 'uuid'
import { PracticeId } from '#lib/contract/ids.ts'
import type { UserPlace } from '../users/user-store.ts'

const idBytes = 16

/**
 * What an authenticator keeps beside a passkey, so that it can sign in by itself: 16 bytes of the user's id and the
 * practice's name, at most 48 bytes (WebAuthn Level 3 §14.6.1: at most 64, and nothing that says who it is).
 */
export const userHandleOf = ({ practiceId, userId }: UserPlace) =>
  new Uint8Array([...parse(userId), ...Buffer.from(practiceId, 'utf8')])

/** Whose handle it is, undefined where it cannot be one of ours; base64url. */
export function userOfHandle(handle: string): UserPlace | undefined {
  const bytes = Buffer.from(handle, 'base64url')
  const practiceId = bytes.subarray(idBytes).toString('utf8')
  if (!PracticeId.safeParse(practiceId).success) return undefined
  const hex = bytes.subarray(0, idBytes).toString('hex')
  const userId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return validate(userId) ? { practiceId, userId } : undefined
}
