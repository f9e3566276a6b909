import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { addPasskeyAuthenticationOptions } from './authentication-options.ts'
import { addListPasskeys } from './list-passkeys.ts'
import { addRegisterPasskey } from './register-passkey.ts'
import { addPasskeyRegistrationOptions } from './registration-options.ts'
import { addRemovePasskey } from './remove-passkey.ts'
import { addRenamePasskey } from './rename-passkey.ts'
import { addSignInWithPasskey } from './sign-in-with-passkey.ts'

/** Everything under `/auth/passkeys`. */
export function addPasskeys(
  app: OpenAPIHono<ServiceEnv>,
  deps: AuthDeps & { outcomes: MiddlewareHandler<ServiceEnv> },
): void {
  addPasskeyRegistrationOptions(app, deps)
  addRegisterPasskey(app, deps)
  addPasskeyAuthenticationOptions(app, deps)
  addSignInWithPasskey(app, deps)
  addListPasskeys(app, deps)
  addRenamePasskey(app, deps)
  addRemovePasskey(app, deps)
}
