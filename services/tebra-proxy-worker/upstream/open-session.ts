import type { CallContext, TebraCredentials, UpstreamDeps } from './upstream.ts'
import { UpstreamError } from './upstream-error.ts'

/** The practice's credentials, asked for anew each time so that a rotated secret counts at once. */
export async function credentialsFor(
  deps: UpstreamDeps,
  { practiceId }: CallContext,
  operation: string,
): Promise<TebraCredentials> {
  const credentials = await deps.credentialsOf(practiceId)
  if (credentials === undefined) throw new UpstreamError('no-credentials', { operation })
  return credentials
}
