import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { AuditVerification } from '#lib/contract/audit.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditReading } from './audit-reading.ts'

/** `GET /auth/audit/verify`: whether the practice's audit log is as it was written. */
export function addVerifyAudit(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/audit/verify',
    operationId: 'verifyAudit',
    tags: ['Audit'],
    summary: 'Verify the audit log against itself and its newest checkpoint',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'audit:read' })] as const,
    responses: {
      200: {
        description: 'Intact, or the first thing that is not',
        content: { 'application/json': { schema: AuditVerification } },
      },
      ...problemResponses(401, 403, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    await auditReading(c, deps, 'audit.verify')
    return c.json(await deps.auditTrail.verify(c.var.session.practiceId), 200)
  })
}
