import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from 'otpauth'
import { z } from 'zod'
import { Role, secondFactorRoles } from '#lib/contract/permissions.ts'
import { readLocal } from './secrets.ts'

export const DemoUser = z.object({
  email: z.string(),
  password: z.string(),
  practiceId: z.string(),
  roles: z.array(Role),
  totpSecret: z.string().optional(),
})
export type DemoUser = z.infer<typeof DemoUser>

export const demoPractice = 'demo-clinic'

const syllables = ['ba', 'do', 'fi', 'ku', 'la', 'me', 'no', 'pa', 'ri', 'so', 'tu', 've', 'wi', 'zo']
const password = () =>
  Array.from({ length: 4 }, () =>
    Array.from({ length: 3 }, () => syllables[randomInt(syllables.length)]).join(''),
  ).join('-')

/** One user per role, with a second factor where the role demands one; made once and kept beside the other local files. */
export async function demoUsers(folder: string): Promise<{ file: string; users: DemoUser[] }> {
  const file = join(folder, 'demo-users.json')
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known !== undefined) return { file, users: readLocal(file, known, z.array(DemoUser)) }
  const users = Role.options.map((role) => ({
    email: `${role}@demo.example`,
    password: password(),
    practiceId: demoPractice,
    roles: [role],
    ...(secondFactorRoles.includes(role) && { totpSecret: new Secret({ size: 20 }).base32 }),
  }))
  await writeFile(file, JSON.stringify(users, null, 2), { mode: 0o600 })
  return { file, users }
}
