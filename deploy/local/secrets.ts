import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const LocalSecrets = z.object({
  phiKey: z.string(),
  auditKey: z.string(),
  auditSigningKey: z.string(),
  passwordPepper: z.string(),
  loginIndexKey: z.string(),
  redis: z.object({
    'auth-session': z.string(),
    'tebra-proxy-worker': z.string(),
    'stream-sse': z.string(),
    operator: z.string(),
  }),
})
export type LocalSecrets = z.infer<typeof LocalSecrets>

const key = () => randomBytes(32).toString('base64')
const password = () => randomBytes(24).toString('hex')

/** This machine's own secrets, made on the first start and kept in the folder for the next (file mode 0600). */
export async function localSecrets(folder: string): Promise<LocalSecrets> {
  const file = join(folder, 'secrets.json')
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known !== undefined) return readLocal(file, known, LocalSecrets)
  const made: LocalSecrets = {
    phiKey: key(),
    auditKey: key(),
    auditSigningKey: key(),
    passwordPepper: key(),
    loginIndexKey: key(),
    redis: {
      'auth-session': password(),
      'tebra-proxy-worker': password(),
      'stream-sse': password(),
      operator: password(),
    },
  }
  await mkdir(folder, { recursive: true })
  await writeFile(file, JSON.stringify(made, null, 2), { mode: 0o600 })
  return made
}

/** A local file that was edited into something else is named; starting over is the operator's decision. */
export function readLocal<S extends z.ZodType>(file: string, text: string, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new Error(
      `${file} is not what was written there. Put it right, or delete its folder to start over empty.`,
    )
  }
}
