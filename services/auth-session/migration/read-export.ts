import { z } from 'zod'
import { faulty, type Row } from './imported-user.ts'
import { readAuth0User } from './read-auth0.ts'
import { readFirebaseUser } from './read-firebase.ts'

export const ExportFormat = z.enum(['auth0', 'firebase'])
export type ExportFormat = z.infer<typeof ExportFormat>

const FirebaseExport = z.object({ users: z.array(z.unknown()) })

/** The rows of an export, in its order: NDJSON or a JSON list (Auth0), `{"users": […]}` (Firebase). */
export function readExport(format: ExportFormat, text: string): Row[] {
  if (format === 'auth0') return auth0Values(text).map((value) => readRow(value, readAuth0User))
  const parsed = FirebaseExport.safeParse(parse(text))
  return parsed.success ? parsed.data.users.map(readFirebaseUser) : [faulty('not-a-user')]
}

function auth0Values(text: string): readonly unknown[] {
  const whole = text.trimStart().startsWith('[') ? parse(text) : undefined
  if (Array.isArray(whole)) return whole
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parse(line)]))
}

const readRow = (value: unknown, read: (value: unknown) => Row): Row =>
  value === undefined ? faulty('not-a-user') : read(value)

/** undefined where it is not JSON: the parser's own message would quote it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
