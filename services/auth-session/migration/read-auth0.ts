import { z } from 'zod'
import { importedBcrypt } from './foreign-hashes.ts'
import { emailFault, faulty, Placement, type Row } from './imported-user.ts'

/**
 * The three forms in which Auth0 writes a user: the bulk export (`user_id`), the export of password hashes on request
 * (`_id`, `passwordHash`), and the schema of its own bulk import (`password_hash` or `custom_password_hash`).
 */
const Auth0User = z.object({
  user_id: z.string().min(1).optional(),
  _id: z.object({ $oid: z.string().min(1) }).optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  blocked: z.boolean().optional(),
  passwordHash: z.string().optional(),
  password_hash: z.string().optional(),
  custom_password_hash: z.object({ algorithm: z.string(), hash: z.object({ value: z.string() }) }).optional(),
  mfa_factors: z.array(z.object({ totp: z.object({ secret: z.string() }).optional() })).optional(),
  app_metadata: Placement.optional(),
})
type Auth0User = z.infer<typeof Auth0User>

/** One user of Auth0. The subject of its tokens is `<connection>|<id>`; exports leave out `auth0|` now and then. */
export function readAuth0User(value: unknown): Row {
  const parsed = Auth0User.safeParse(value)
  const id = parsed.data?.user_id ?? parsed.data?._id?.$oid
  if (!parsed.success || id === undefined) return faulty('not-a-user')
  const { email, email_verified, blocked, mfa_factors, app_metadata } = parsed.data
  const fault = emailFault(email, email_verified)
  if (fault || email === undefined) return faulty(fault ?? 'no-email')
  // Brought in and enabled it would be let in again.
  if (blocked === true) return faulty('blocked')

  const hash = hashOf(parsed.data)
  const passwordHash = hash === undefined ? undefined : importedBcrypt(hash)
  if (hash !== undefined && passwordHash === undefined) return faulty('unsupported-hash')
  const totpSecret = mfa_factors?.flatMap(({ totp }) => totp?.secret ?? [])[0]
  if (totpSecret !== undefined && !/^[A-Z2-7]{26,128}$/.test(totpSecret))
    return faulty('unusable-second-factor')
  return {
    kind: 'user',
    user: {
      subject: id.includes('|') ? id : `auth0|${id}`,
      email,
      passwordHash,
      totpSecret,
      practiceId: app_metadata?.practice,
      roles: app_metadata?.roles,
    },
  }
}

function hashOf({
  passwordHash,
  password_hash,
  custom_password_hash: custom,
}: Auth0User): string | undefined {
  return (
    passwordHash ??
    password_hash ??
    // Of another algorithm it is no bcrypt hash, whatever it looks like.
    (custom && (custom.algorithm === 'bcrypt' ? custom.hash.value : ''))
  )
}
