import { z } from 'zod'
import { importedFirebase } from './foreign-hashes.ts'
import { emailFault, faulty, Placement, type Row } from './imported-user.ts'

/** `firebase auth:export users.json`; `customAttributes` is JSON in a string. */
const FirebaseUser = z.object({
  localId: z.string().min(1),
  email: z.string().optional(),
  emailVerified: z.boolean().optional(),
  disabled: z.boolean().optional(),
  passwordHash: z.string().optional(),
  salt: z.string().optional(),
  customAttributes: z.string().optional(),
})

/** Base64, in the ordinary spelling or the one for URLs. */
const isBase64 = (text: string) => /^[A-Za-z0-9+/_-]+={0,2}$/.test(text)

/** One user of Firebase Authentication; the subject of its tokens is `localId`. */
export function readFirebaseUser(value: unknown): Row {
  const parsed = FirebaseUser.safeParse(value)
  if (!parsed.success) return faulty('not-a-user')
  const { localId, email, emailVerified, disabled, passwordHash, salt } = parsed.data
  const fault = emailFault(email, emailVerified)
  if (fault || email === undefined) return faulty(fault ?? 'no-email')
  // Brought in and enabled it would be let in again.
  if (disabled === true) return faulty('blocked')
  const hasHash = passwordHash !== undefined && passwordHash !== ''
  if (hasHash && (salt === undefined || !isBase64(salt) || !isBase64(passwordHash)))
    return faulty('unsupported-hash')
  const placement = placementIn(parsed.data.customAttributes)
  return {
    kind: 'user',
    user: {
      subject: localId,
      email,
      passwordHash: hasHash && salt !== undefined ? importedFirebase(salt, passwordHash) : undefined,
      // Firebase's export leaves second factors out: who had one enrols it anew.
      totpSecret: undefined,
      practiceId: placement.practice,
      roles: placement.roles,
    },
  }
}

function placementIn(attributes: string | undefined): z.infer<typeof Placement> {
  try {
    return Placement.parse(JSON.parse(attributes ?? '{}'))
  } catch {
    return {}
  }
}
