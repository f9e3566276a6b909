import type { OpenAPIHono } from '@hono/zod-openapi'
import { createLogger } from '#lib/observability/logger.ts'
import { createMetrics, type Metrics } from '#lib/observability/metrics.ts'
import { createServiceApp } from '../service-app.ts'
import type { ServiceEnv } from '../service-env.ts'

export interface TinyService {
  readonly app: OpenAPIHono<ServiceEnv>
  readonly metrics: Metrics
  /** The log lines so far, as text and as objects. */
  readonly lines: string[]
  readonly logged: () => Record<string, unknown>[]
}

/** A service's ground with no route on it; routes come from the test. */
export function createTinyService(options: { bodyBytesMax?: number } = {}): TinyService {
  const lines: string[] = []
  const logger = createLogger(
    { service: 'tiny', version: 'test', level: 'info' },
    { write: (line) => lines.push(line) },
  )
  const metrics = createMetrics('tiny')
  const app = createServiceApp({ logger, metrics, bodyBytesMax: options.bodyBytesMax ?? 1_000 })
  return { app, metrics, lines, logged: () => lines.map((line) => JSON.parse(line)) }
}
