import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { addAddIdentity } from './add-identity.ts'
import { addExchangeToken } from './exchange-token.ts'
import { addFinishCodeFlow } from './finish-code-flow.ts'
import { addListIdentities } from './list-identities.ts'
import { addListProviders } from './list-providers.ts'
import { addRemoveIdentity } from './remove-identity.ts'
import { addStartCodeFlow } from './start-code-flow.ts'

/** Signing in by the word of an identity provider, and whom that word opens. */
export function addFederation(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  addListProviders(app, deps)
  addStartCodeFlow(app, deps)
  addFinishCodeFlow(app, deps)
  addExchangeToken(app, deps)
  addListIdentities(app, deps)
  addAddIdentity(app, deps)
  addRemoveIdentity(app, deps)
}
