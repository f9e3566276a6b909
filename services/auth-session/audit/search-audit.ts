import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { eventIn, readBefore } from '#lib/audit/read-chain.ts'
import { AuditEvent } from '#lib/contract/audit.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { AuditFilter, createMatch, spanOf } from './audit-filter.ts'
import { auditReading } from './audit-reading.ts'

const size = 100
const chunkSize = 500
/** A filter that matches next to nothing gives short pages, not slow ones. */
const scannedMax = 5_000

/** Six bytes in base64url: every text of that shape is a place in a chain. */
const AuditCursor = z
  .string()
  .regex(/^[\w-]{8}$/)
  .meta({ id: 'AuditCursor', description: 'Where the page before ended; opaque' })

const AuditPage = z
  .object({ events: z.array(AuditEvent), cursor: AuditCursor.optional() })
  .meta({ id: 'AuditPage' })

/** `GET /auth/audit`: the practice's audit log, newest first. */
export function addSearchAudit(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/audit',
    operationId: 'searchAudit',
    tags: ['Audit'],
    summary: 'Search the audit log, newest first',
    description:
      'A page may be short, even empty, and still name the next one; the last one names none. Reading is itself audited.',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'audit:read' })] as const,
    request: { query: AuditFilter.extend({ cursor: AuditCursor.optional() }) },
    responses: {
      200: { description: 'A page', content: { 'application/json': { schema: AuditPage } } },
      ...problemResponses(401, 403, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId } = c.var.session
    const { cursor, ...filter } = c.req.valid('query')
    // The search that was just written down is not in its own answer.
    const span = await spanOf(deps.redis, practiceId, filter)
    await auditReading(c, deps, 'audit.search')

    const last = cursor === undefined ? span.last : Math.min(span.last, fromCursor(cursor) - 1)
    const { events, seq } = await search(practiceId, { first: span.first, last }, createMatch(filter))
    return c.json({ events, ...(seq > span.first && { cursor: toCursor(seq) }) }, 200)
  })

  /** The matches before `last`, and the seq of the entry that was looked at last. */
  async function search(
    practiceId: string,
    { first, last }: { first: number; last: number },
    matches: (event: AuditEvent) => boolean,
  ) {
    const events: AuditEvent[] = []
    let seq = last + 1
    for (let scanned = 0; scanned < scannedMax; scanned += chunkSize) {
      const entries = await readBefore(deps.redis, practiceId, seq, chunkSize)
      for (const entry of entries) {
        if (entry.seq < first) return { events, seq: first }
        seq = entry.seq
        const event = eventIn(entry)
        if (event && matches(event)) events.push(event)
        if (events.length === size) return { events, seq }
      }
      if (entries.length < chunkSize) return { events, seq: first }
    }
    return { events, seq }
  }
}

const cursorBytes = 6

function toCursor(seq: number): string {
  const bytes = Buffer.alloc(cursorBytes)
  bytes.writeUIntBE(seq, 0, cursorBytes)
  return bytes.toString('base64url')
}

const fromCursor = (cursor: string): number => Buffer.from(cursor, 'base64url').readUIntBE(0, cursorBytes)
