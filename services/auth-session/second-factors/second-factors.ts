import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { addGetSecondFactorPolicy } from './get-second-factor-policy.ts'
import { addGetSecondFactors } from './get-second-factors.ts'
import { addRemoveTotp } from './remove-totp.ts'
import { addRenewRecoveryCodes } from './renew-recovery-codes.ts'
import { addResetMfa } from './reset-mfa.ts'
import { addSetSecondFactorPolicy } from './set-second-factor-policy.ts'
import { addStartTotp } from './start-totp.ts'
import { addStepUp } from './step-up.ts'
import { addVerifyTotp } from './verify-totp.ts'

/** The routes of second factors other than passkeys, which are a first one too. */
export function addSecondFactors(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  addGetSecondFactors(app, deps)
  addStartTotp(app, deps)
  addVerifyTotp(app, deps)
  addRemoveTotp(app, deps)
  addRenewRecoveryCodes(app, deps)
  addStepUp(app, deps)
  addResetMfa(app, deps)
  addGetSecondFactorPolicy(app, deps)
  addSetSecondFactorPolicy(app, deps)
}
