import { callService } from '#lib/client/call-service.ts'
import { ServiceError } from '#lib/client/service-error.ts'
import type { GivenProof } from '../sign-in/proof-form.tsx'
import type { AttemptOutcome } from '../sign-in/use-sign-in-attempt.ts'
import { fetchAs } from './fetch-as.ts'

/** Steps the session up; it goes on under a new id. Throws where nothing could be asked. */
export async function proveAgain(userId: string, proof: GivenProof): Promise<AttemptOutcome> {
  try {
    const call = { method: 'POST', body: proof } as const
    await callService(fetchAs(userId), '/auth/step-up', call)
    return { kind: 'proved' }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    if (error.status === 429) return { kind: 'too-many-requests', retryAfterMs: error.retryAfterMs }
    if (error.status === 401) return { kind: 'refused', code: error.code }
    throw error
  }
}
