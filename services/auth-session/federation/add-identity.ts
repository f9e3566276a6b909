import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { IdentityAdded, LinkIdentity, LinkOwnIdentity } from '#lib/contract/federation.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayManage, userHere } from '../users/manage-users.ts'
import { judge } from './judge.ts'
import { linkIdentity } from './link-identity.ts'
import { linkToSession } from './link-to-session.ts'
import { providerNamedBy, redeemIdToken } from './redeem-id-token.ts'

const responses = {
  201: { description: 'Linked', content: { 'application/json': { schema: IdentityAdded } } },
  ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503),
}

/**
 * `POST /auth/identities`: the holder of a fresh session proves an identity by an ID token.
 * `POST /auth/users/:id/identities`: an administrator vouches for it.
 */
export function addAddIdentity(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const own = createRoute({
    method: 'post',
    path: '/auth/identities',
    operationId: 'linkOwnIdentity',
    tags: ['Federation'],
    summary: 'Let an identity of one’s own sign in',
    security: needsSession,
    middleware: [requireSession({ ...deps, freshMs: stepUpFreshMs })] as const,
    request: { body: { required: true, content: { 'application/json': { schema: LinkOwnIdentity } } } },
    responses,
  })
  const ofUser = createRoute({
    method: 'post',
    path: '/auth/users/{id}/identities',
    operationId: 'linkIdentity',
    tags: ['Federation'],
    summary: 'Let an identity sign in as a user',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: {
      params: z.object({ id: Uuid }),
      body: { required: true, content: { 'application/json': { schema: LinkIdentity } } },
    },
    responses,
  })

  app.openapi(own, async (c) => {
    const { idToken } = c.req.valid('json')
    const provider = providerNamedBy(deps, idToken)
    const judgement = async () => {
      const { claims, from } = await redeemIdToken(deps, provider, idToken)
      return linkToSession(deps, from, claims, c.var.session, c.var.requestId)
    }
    const id = await judge(c, deps, provider, judgement, 'identity.link')
    return c.json({ id }, 201)
  })

  app.openapi(ofUser, async (c) => {
    const { provider: name, subject } = c.req.valid('json')
    const { practiceId, userId: actor } = c.var.session
    const user = await userHere(c, deps, c.req.valid('param').id)
    const provider = deps.providers.find((one) => one.id === name)
    if (!provider)
      throw new DomainError('not-found', {
        errors: [{ path: 'provider', message: 'is not configured' }],
      })
    const identity = { issuer: provider.config.issuer, subject }
    const by = { actor, requestId: c.var.requestId }
    return c.json({ id: await linkIdentity(deps, { practiceId, userId: user.id }, identity, by) }, 201)
  })
}
