import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { eventIn, readPage } from '#lib/audit/read-chain.ts'
import type { AuditEvent } from '#lib/contract/audit.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { AuditFilter, createMatch, spanOf } from './audit-filter.ts'
import { auditReading } from './audit-reading.ts'
import { exportFormats } from './export-formats.ts'

const pageSize = 500

/** `GET /auth/audit/export`: the practice's audit log, oldest first, as a file. */
export function addExportAudit(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/audit/export',
    operationId: 'exportAudit',
    tags: ['Audit'],
    summary: 'Export the audit log, oldest first',
    description:
      'FHIR R4 AuditEvents, one a line, or CSV. What is recorded meanwhile is not in it. A download that breaks off was not complete.',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'audit:read' })] as const,
    request: { query: AuditFilter.extend({ format: z.enum(['fhir-ndjson', 'csv']) }) },
    responses: {
      200: {
        description: 'The events',
        content: {
          'application/fhir+ndjson': { schema: z.string() },
          'text/csv': { schema: z.string() },
        },
      },
      ...problemResponses(401, 403, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId } = c.var.session
    const { format, ...filter } = c.req.valid('query')
    const span = await spanOf(deps.redis, practiceId, filter)
    await auditReading(c, deps, 'audit.export', format)

    const { mediaType, extension, head, encode } = exportFormats[format]
    const pages = readMatches(deps.redis, practiceId, span, createMatch(filter))
    return new Response(streamOf(head, pages, encode), {
      headers: {
        'Content-Type': mediaType,
        'Content-Disposition': `attachment; filename="audit-${practiceId}.${extension}"`,
      },
    })
  })
}

async function* readMatches(
  redis: RedisClient,
  practiceId: string,
  { first, last }: { first: number; last: number },
  matches: (event: AuditEvent) => boolean,
): AsyncGenerator<AuditEvent[]> {
  let seq = first - 1
  while (seq < last) {
    const { entries } = await readPage(redis, practiceId, seq, Math.min(pageSize, last - seq))
    // What was trimmed meanwhile is not there; an empty page is the end whatever the span said.
    yield entries
      .filter((entry) => entry.seq <= last)
      .flatMap((entry) => eventIn(entry) ?? [])
      .filter(matches)
    seq = entries.at(-1)?.seq ?? last
  }
}

/** Reads the next page when the last one has been taken: memory is one page, however long the log and slow the client. */
function streamOf(
  head: string,
  pages: AsyncGenerator<AuditEvent[]>,
  encode: (events: readonly AuditEvent[]) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let before = head
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let text = before
        before = ''
        while (text === '') {
          const { done, value } = await pages.next()
          if (done) return controller.close()
          text = encode(value)
        }
        controller.enqueue(encoder.encode(text))
      },
      async cancel() {
        await pages.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
}
