import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { IdentityList, type IdentityView } from '#lib/contract/federation.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayRead, userHere } from '../users/manage-users.ts'
import type { UserPlace } from '../users/user-store.ts'

const responses = {
  200: { description: 'Identities', content: { 'application/json': { schema: IdentityList } } },
  ...problemResponses(401, 403, 404, 429, 500, 503),
}

/** `GET /auth/identities`, and `GET /auth/users/:id/identities` for an administrator. */
export function addListIdentities(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const own = createRoute({
    method: 'get',
    path: '/auth/identities',
    operationId: 'listOwnIdentities',
    tags: ['Federation'],
    summary: 'One’s own identities at identity providers',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses,
  })
  const ofUser = createRoute({
    method: 'get',
    path: '/auth/users/{id}/identities',
    operationId: 'listIdentities',
    tags: ['Federation'],
    summary: 'A user’s identities at identity providers',
    security: needsSession,
    middleware: [mayRead(deps)] as const,
    request: { params: z.object({ id: Uuid }) },
    responses,
  })

  app.openapi(own, async (c) => c.json({ identities: await viewsOf(deps, c.var.session) }, 200))
  app.openapi(ofUser, async (c) => {
    const { practiceId, userId: actor } = c.var.session
    const user = await userHere(c, deps, c.req.valid('param').id)
    await deps.audit.append({
      action: 'identity.list',
      actor,
      practiceId,
      entity: `User/${user.id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    return c.json({ identities: await viewsOf(deps, { practiceId, userId: user.id }) }, 200)
  })
}

async function viewsOf(deps: AuthDeps, user: UserPlace): Promise<IdentityView[]> {
  const identities = await deps.identities.list(user)
  return identities.map(({ id, issuer, subject, linkedAt }) => {
    const provider = deps.providers.find(({ config }) => config.issuer === issuer)?.id
    return { id, ...(provider !== undefined && { provider }), subject, linkedAt }
  })
}
