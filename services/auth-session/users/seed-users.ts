import { readFile } from 'node:fs/promises'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { ConfigError } from '#lib/config/read-config.ts'
import { PracticeId } from '#lib/contract/ids.ts'
import { Role } from '#lib/contract/permissions.ts'
import { NewPassword } from '#lib/contract/session.ts'
import { NewEmail } from '#lib/contract/users.ts'
import { type AuthDeps, serviceName } from '../auth-deps.ts'
import { createUser } from './create-user.ts'
import { unknownPractice } from './user-store.ts'

const SeedUser = z.strictObject({
  email: NewEmail,
  password: NewPassword,
  practiceId: PracticeId.refine((id) => id !== unknownPractice, 'is reserved'),
  roles: z.array(Role).min(1),
  // RFC 4226 §4 R6: a shared secret of at least 128 bits.
  totpSecret: z
    .string()
    .regex(/^[A-Z2-7]{26,}=*$/, 'must be base32 of at least 16 bytes')
    .optional(),
})
const SeedUsers = z.array(SeedUser)
export type SeedUser = z.infer<typeof SeedUser>

/** Reads the file of users; a mistake is told by its place, never by its value, since any may be a password. */
export async function readSeedUsers(file: string): Promise<SeedUser[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ConfigError('SEED_USERS_FILE: the file cannot be read')
  })
  const result = SeedUsers.safeParse(parseJson(text))
  if (result.success) return result.data
  const mistakes = result.error.issues.map(({ path, message }) => `  ${path.join('.') || 'file'}: ${message}`)
  throw new ConfigError(`SEED_USERS_FILE has ${mistakes.length} mistake(s):\n${mistakes.join('\n')}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    throw new ConfigError('SEED_USERS_FILE: the file is not JSON')
  }
}

/** Creates those who are missing, one by one so that hashing stays small; answers how many that were. */
export async function seedUsers(
  deps: Pick<AuthDeps, 'index' | 'users' | 'passwords' | 'audit' | 'now'>,
  users: readonly SeedUser[],
): Promise<number> {
  const by = { actor: serviceName, requestId: uuidv7() }
  let created = 0
  for (const user of users) if (await createUser(deps, user, by)) created += 1
  return created
}
