import type { AssuranceLevel } from '#lib/contract/session.ts'
import type { UserToCreate } from '../users/create-user.ts'
import type { AuthFixture } from './auth-fixture.ts'

/** A user with a session of that level, opened as a sign-in opens it, and a way to ask with it. */
export async function signedIn(
  auth: AuthFixture,
  wanted: Partial<UserToCreate> = {},
  aal: AssuranceLevel = 'aal2',
) {
  const user = await auth.user(wanted)
  const session = await auth.deps.sessions.open(user.practiceId, user.id, aal)
  if (!session) throw new Error('no session')
  return { ...user, token: session.token, tokenHash: session.tokenHash, ask: askWith(auth, session.token) }
}

/** Asks with that token; a body goes as JSON. */
export const askWith =
  (auth: Pick<AuthFixture, 'app'>, token: string) =>
  async (method: string, path: string, body?: unknown): Promise<Response> =>
    auth.app.request(path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

export type SignedIn = Awaited<ReturnType<typeof signedIn>>
