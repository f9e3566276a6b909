import type { Role } from '#lib/contract/permissions.ts'
import type { AssuranceLevel } from '#lib/contract/session.ts'
import { type AuthFixture, problemOf } from './auth-fixture.ts'
import { askWith } from './signed-in.ts'

/** A user of practice `north` who holds an open session, of one factor unless said otherwise. */
export async function sessionHolder(
  auth: AuthFixture,
  options: { roles?: readonly Role[]; aal?: AssuranceLevel; practiceId?: string } = {},
) {
  const { roles = ['front-desk'], aal = 'aal1', practiceId = 'north' } = options
  const user = await auth.user({ roles, practiceId })
  const opened = await auth.deps.sessions.open(practiceId, user.id, aal)
  if (!opened) throw new Error('no session')
  return holding(auth, { ...user, practiceId }, opened)
}

/** The same of a session that is open already. */
export function holding<User extends { readonly practiceId: string }>(
  auth: AuthFixture,
  user: User,
  { token, tokenHash }: { readonly token: string; readonly tokenHash: string },
) {
  const request = askWith(auth, token)
  const key = `{p:${user.practiceId}}:session:${tokenHash}`
  return {
    user,
    token,
    tokenHash,
    key,
    request,
    code: async (...call: Parameters<typeof request>) => (await problemOf(request(...call))).code,
    alive: async () => (await auth.session(token, { 'X-Background': '1' })).status === 200,
    /** As if that long had passed since a factor was proved. */
    grow: async (ms: number) => {
      const provedAt = Number(await auth.redis.hget(key, 'provedAt'))
      await auth.redis.hset(key, 'provedAt', provedAt - ms)
    },
  }
}

export type SessionHolder = Awaited<ReturnType<typeof sessionHolder>>
