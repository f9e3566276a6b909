import type { OpenAPIHono } from '@hono/zod-openapi'
import { pageHeaders } from '#lib/http/answer-headers.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'

/** A built file of the console, held in memory; the whole build is a few hundred kilobytes. */
export interface ConsoleFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** `/console/` and its files. Hashed file names never change their content; the page itself is asked for anew. */
export function addConsole(app: OpenAPIHono<ServiceEnv>, files: ReadonlyMap<string, ConsoleFile>): void {
  app.get('/console', (c) => c.redirect('/console/', 308))
  app.get('/console/*', (c) => {
    const name = c.req.path.slice('/console/'.length) || 'index.html'
    const file = files.get(name)
    if (!file) throw new DomainError('not-found')
    return c.body(file.bytes, 200, {
      ...pageHeaders,
      'Content-Type': file.type,
      'Content-Security-Policy': contentSecurityPolicy,
      'Cache-Control': name === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable',
    })
  })
}
