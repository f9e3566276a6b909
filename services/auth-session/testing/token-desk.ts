import { type OAuthError, type TokenAnswer, tokenExchange, tokenTypes } from '#lib/contract/federation.ts'
import type { AuthFixture } from './auth-fixture.ts'

/** Sends a form to `POST /auth/token`. */
export async function postToken(
  auth: Pick<AuthFixture, 'app'>,
  form: Record<string, string> | [string, string][],
  headers: Record<string, string> = {},
) {
  const response = await auth.app.request(
    '/auth/token',
    { method: 'POST', body: new URLSearchParams(form), headers },
    { address: '203.0.113.7' },
  )
  const body = (await response.json()) as Partial<TokenAnswer & OAuthError & { code: string }>
  return { status: response.status, headers: response.headers, body }
}

/** Exchanges an ID token as an application of ours would. */
export const exchange = (
  auth: Pick<AuthFixture, 'app'>,
  idToken: string,
  more: Record<string, string> = {},
) =>
  postToken(auth, {
    grant_type: tokenExchange,
    subject_token: idToken,
    subject_token_type: tokenTypes.idToken,
    ...more,
  })

/** Lets a provider's subject sign in as a user, as an administrator's link would. */
export async function link(
  auth: Pick<AuthFixture, 'deps'>,
  user: { id: string; practiceId: string },
  subject: { issuer: string; subject: string },
): Promise<void> {
  const place = { practiceId: user.practiceId, userId: user.id }
  await auth.deps.identities.prepare(place, subject)
  await auth.deps.identities.activate(place, subject)
}

/** Failures that no test runs into by the way. */
export const patientLimits = {
  account: { freeFailures: 5_000, firstMs: 200, longestMs: 200, windowMs: 60_000 },
  address: { freeFailures: 5_000, firstMs: 200, longestMs: 200, windowMs: 60_000 },
}
