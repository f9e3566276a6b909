import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NewUserRequest, UserAccount } from '#lib/contract/users.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { linksTo, needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { refuseWeak } from '../sign-in/password-rules.ts'
import { createUser } from './create-user.ts'
import { firstPasswordEnd } from './first-password.ts'
import { mayManage, userHere, viewOf } from './manage-users.ts'

/**
 * `POST /auth/users`: a new account in the caller's practice, with a first password that its owner changes before all else. An address that has one here already is a 409; one that
 * has an account in another practice is answered like any other.
 */
export function addAddUser(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/users',
    operationId: 'addUser',
    tags: ['Users'],
    summary: 'Make an account in this practice',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: { body: { required: true, content: { 'application/json': { schema: NewUserRequest } } } },
    responses: {
      201: {
        description: 'Made',
        headers: z.object({ Location: z.string() }),
        content: { 'application/json': { schema: UserAccount } },
        links: linksTo(
          '/id',
          'readUser',
          'changeUser',
          'removeUser',
          'disableUser',
          'enableUser',
          'resetMfa',
        ),
      },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId: actor } = c.var.session
    const wanted = { ...c.req.valid('json'), practiceId, firstPasswordUntil: firstPasswordEnd(deps) }
    await refuseWeak(deps, wanted.password, wanted, 'password')
    const by = { actor, requestId: c.var.requestId }
    const id = await createUser(deps, wanted, by)
    if (id === undefined) throw new DomainError('already-exists')
    return c.json(viewOf(await userHere(c, deps, id)), 201, { Location: `/auth/users/${id}` })
  })
}
