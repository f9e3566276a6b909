import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { UserAccount, UserChange } from '#lib/contract/users.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { refuseWeak } from '../sign-in/password-rules.ts'
import type { AccessChange } from './access-store.ts'
import { firstPasswordEnd } from './first-password.ts'
import { administer, mayManage, userHere, viewOf } from './manage-users.ts'
import type { User } from './user-store.ts'

/**
 * `PATCH /auth/users/:id`: other roles, another address, a new password. Roles are in force with the user's next
 * request; a new password ends the user's sessions and takes a lock after too many failures away. Another's is a
 * first password: its owner changes it before all else.
 */
export function addChangeUser(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'patch',
    path: '/auth/users/{id}',
    operationId: 'changeUser',
    tags: ['Users'],
    summary: 'Change a user of the practice',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: {
      params: z.object({ id: Uuid }),
      body: { required: true, content: { 'application/json': { schema: UserChange } } },
    },
    responses: {
      200: { description: 'As it is now', content: { 'application/json': { schema: UserAccount } } },
      ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { expectedVersion, roles, email, password } = c.req.valid('json')
    const user = await userHere(c, deps, c.req.valid('param').id)
    const owner = { ...user, email: email ?? user.email }
    if (password !== undefined) await refuseWeak(deps, password, owner, 'password')
    const passwordHash = password === undefined ? undefined : await deps.passwords.hash(password)
    const changed = Object.entries({ roles, email, password }).flatMap(([name, value]) =>
      value ? [name] : [],
    )

    const takeAddressBack = email === undefined ? undefined : await takeAddress(deps, user, email)
    const deed = { action: 'user.update', entity: `User/${user.id}`, reason: changed.join(',') } as const
    const change: AccessChange = roles ? { kind: 'roles', roles } : { kind: 'claim' }
    await administer(c, deps, deed, () => deps.access.change(user, change, expectedVersion)).catch(
      async (error: unknown) => {
        await takeAddressBack?.()
        throw error
      },
    )
    if (email !== undefined) await moveAddress(deps, user, email)
    if (passwordHash !== undefined)
      await deps.users.resetPassword(user, {
        passwordHash,
        firstPasswordUntil: user.id === c.var.session.userId ? undefined : firstPasswordEnd(deps),
      })
    return c.json(viewOf(await userHere(c, deps, user.id)), 200)
  })
}

/** Lets the new address lead to the user already, and answers how to take that back. */
async function takeAddress(deps: AuthDeps, user: User, email: string): Promise<() => Promise<void>> {
  const digest = deps.index.account(email, user.practiceId)
  if (await deps.users.link(digest, user)) return () => deps.users.unlink(digest, user)
  if ((await deps.users.locate(digest)).userId !== user.id) throw new DomainError('already-exists')
  return async () => {}
}

/** The old address leads to the user until the new one does in every way. */
async function moveAddress({ index, users }: AuthDeps, user: User, email: string): Promise<void> {
  await users.link(index.account(email), user)
  await users.rename(user, email.trim())
  const now = [index.account(email, user.practiceId), index.account(email)]
  const before = [index.account(user.email, user.practiceId), index.account(user.email)]
  for (const digest of before) if (!now.includes(digest)) await users.unlink(digest, user)
}
