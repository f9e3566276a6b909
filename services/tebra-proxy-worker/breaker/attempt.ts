import type { UpstreamFailure } from '../upstream/error-classes.ts'
import { UpstreamError } from '../upstream/upstream-error.ts'

/** What a call says of the upstream's health; `silent`: nothing, for example because it was never sent. */
export type Verdict = 'well' | 'unwell' | 'silent'

export type Attempt<T> =
  | { readonly verdict: Verdict; readonly value: T }
  | { readonly verdict: Verdict; readonly error: unknown }

/** Refusals that only a working upstream can give. What is not named here proves nothing. */
const answers: ReadonlySet<UpstreamFailure> = new Set<UpstreamFailure>([
  'throttled',
  'wrong-credentials',
  'not-authorized',
  'answer-too-large',
  'operation-not-supported',
  'deserialization-failed',
  'request-refused',
  'not-found',
  'wrong-patient',
  'wrong-appointment',
  'series-not-supported',
  'practice-not-chosen',
])

/** Runs the call to its own end, never cutting it short, and says what its outcome means. Never rejects. */
export async function attempt<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    const value = await run()
    return { verdict: isFailedHealthCheck(value) ? 'silent' : 'well', value }
  } catch (error) {
    return { verdict: verdictOf(error), error }
  }
}

/** The attempt as the caller of `run` would have seen it. */
export function conclude<T>(tried: Attempt<T>): T {
  if ('error' in tried) throw tried.error
  return tried.value
}

/** An error that is no upstream's (Redis, our own abort) says nothing of the upstream. */
function verdictOf(error: unknown): Verdict {
  if (!(error instanceof UpstreamError)) return 'silent'
  if (error.countsAsFailure) return 'unwell'
  return answers.has(error.reason) ? 'well' : 'silent'
}

/** The action healthCheck answers `healthy: false` where another action would fail. */
const isFailedHealthCheck = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'healthy' in value && value.healthy === false
