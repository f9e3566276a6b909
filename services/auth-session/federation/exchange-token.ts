import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { OAuthError, TokenAnswer, TokenRequest, tokenExchange, tokenTypes } from '#lib/contract/federation.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { exchangeSessionToken } from '../internal-tokens/exchange-session-token.ts'
import { refuseForeignPage } from '../sign-in/foreign-page.ts'
import { answerProgram } from './answer-program.ts'
import { exchangeIdToken } from './exchange-id-token.ts'
import { OAuthRefused } from './oauth-refused.ts'

const refused = {
  description: 'Refused (RFC 6749 §5.2)',
  content: { 'application/json': { schema: OAuthError } },
}

/** `POST /auth/token`: a token for a token (RFC 8693), or for a program's credentials (RFC 6749 §4.4). */
export function addExchangeToken(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'credentials', {
    type: 'http',
    scheme: 'basic',
    description: 'A program’s client_id and client_secret, form-encoded each (RFC 6749 §2.3.1).',
  })
  const route = createRoute({
    method: 'post',
    path: '/auth/token',
    operationId: 'exchangeToken',
    tags: ['Federation'],
    summary: 'Exchange a provider’s ID token, a session token or a program’s credentials for a token of ours',
    security: [{}, { credentials: [] }],
    request: {
      body: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: TokenRequest } },
      },
    },
    responses: {
      200: { description: 'A token', content: { 'application/json': { schema: TokenAnswer } } },
      400: refused,
      401: refused,
      ...problemResponses(403, 413, 415, 429, 500, 503),
    },
  })

  app.openapi(
    route,
    async (c) => {
      refuseForeignPage(c, deps.origins)
      try {
        return c.json(await answer(c, deps, c.req.valid('form')), 200)
      } catch (error) {
        const { answer: body } = asOAuthRefused(error)
        return c.json(body, body.error === 'invalid_client' ? 401 : 400)
      }
    },
    // A parameter that is there twice arrives as a list.
    (result, c) => (result.success ? undefined : c.json({ error: 'invalid_request' } as const, 400)),
  )
}

function answer(c: Context<ServiceEnv>, deps: AuthDeps, form: TokenRequest): Promise<TokenAnswer> {
  if (form.grant_type === undefined) throw new OAuthRefused('invalid_request', 'grant_type is missing')
  if (form.grant_type === 'client_credentials') return answerProgram(c, deps, form)
  if (form.grant_type !== tokenExchange) throw new OAuthRefused('unsupported_grant_type')
  const { subject_token: subject, subject_token_type: type } = form
  if (subject === undefined) throw new OAuthRefused('invalid_request', 'subject_token is missing')
  if (form.actor_token !== undefined)
    throw new OAuthRefused('invalid_request', 'actor_token is not supported')
  if (type === tokenTypes.idToken) return exchangeIdToken(c, deps, { ...form, subject_token: subject })
  if (type === tokenTypes.accessToken)
    return exchangeSessionToken(c, deps, { ...form, subject_token: subject })
  throw new OAuthRefused('invalid_request', 'subject_token_type is not supported')
}

/** RFC 8693 §2.2.2: a subject token that is not accepted, for whatever reason, is an `invalid_request`. */
function asOAuthRefused(error: unknown): OAuthRefused {
  if (error instanceof OAuthRefused) return error
  if (!(error instanceof DomainError)) throw error
  const { challengeId, methods } = error.details
  if (error.code === 'mfa-required' && challengeId !== undefined)
    return new OAuthRefused('mfa_required', 'finish at /auth/login/mfa', {
      challenge_id: challengeId,
      methods: [...(methods ?? [])],
    })
  if (error.code === 'federation-refused')
    return new OAuthRefused('invalid_request', 'subject_token is not accepted')
  throw error
}
