import type { Context } from 'hono'
import type { AuditAction } from '#lib/contract/audit.ts'
import { addressClassOf } from '#lib/http/address-class.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from '../sign-in/client-address.ts'

/** Who reads the audit log stands in it, before anything is read: where that is not sure, nothing is. */
export function auditReading(
  c: Context<ServiceEnv>,
  deps: Pick<AuthDeps, 'audit' | 'trustedProxies'>,
  action: Extract<AuditAction, `audit.${string}`>,
  reason?: string,
): Promise<void> {
  const { session, requestId } = c.var
  return deps.audit.append({
    action,
    actor: session.userId,
    practiceId: session.practiceId,
    entity: `Practice/${session.practiceId}`,
    outcome: 'success',
    requestId,
    network: addressClassOf(clientAddress(c, deps.trustedProxies)),
    ...(reason !== undefined && { reason }),
  })
}
