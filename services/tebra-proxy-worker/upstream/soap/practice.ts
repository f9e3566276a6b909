import { namedOf } from '../clinic-rows.ts'
import { ofPractice } from '../narrow.ts'
import { rowsIn } from '../rows.ts'
import type { TebraCredentials } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import { listOf, type SoapSession } from './soap-session.ts'

const practicesMax = 1000

/** Practice ids by account; they never change, and a create would otherwise cost one more call each time. */
export type PracticeIds = Map<string, string>

const keyOf = ({ customerKey, user, practiceName }: TebraCredentials): string =>
  JSON.stringify([customerKey, user, practiceName ?? null])

export async function getPractices({ call, credentials }: SoapSession) {
  const { practiceName } = credentials
  const result = await call('GetPractices', listOf({ PracticeName: practiceName }))
  return rowsIn(result, 'Practices', 'PracticeData')
    .filter(ofPractice(credentials))
    .map(namedOf('ID', 'PracticeName'))
}

/** Tebra's id of the practice the credentials name, or of the account's only one. */
export async function practiceIdFor(known: PracticeIds, session: SoapSession): Promise<string> {
  const key = keyOf(session.credentials)
  const kept = known.get(key)
  if (kept !== undefined) return kept
  const [practice, ...others] = await getPractices(session)
  if (practice === undefined || others.length > 0) {
    throw new UpstreamError('practice-not-chosen', { operation: 'GetPractices' })
  }
  const oldest = known.size < practicesMax ? undefined : known.keys().next().value
  if (oldest !== undefined) known.delete(oldest)
  known.set(key, practice.id)
  return practice.id
}
