import type { CallContext, TebraCredentials, UpstreamDeps } from '../upstream.ts'

/** A fixed moment of a clinic day: 2026-11-20, 10:04 in New York. */
export const clinicMorning = Date.parse('2026-11-20T15:04:05Z')

export const demoCredentials: TebraCredentials = {
  customerKey: 'demo-key',
  user: 'demo@clinic.example',
  password: 'demo-password',
  phpApiKey: 'demo-php-key',
  timeZone: 'America/New_York',
}

export interface Rig {
  readonly deps: UpstreamDeps
  /** Operations in the order the limiter was asked for them. */
  readonly admitted: string[]
  readonly context: CallContext
  stop(): Promise<void>
}

/** Serves an app over real HTTP on a free port and gives what an upstream needs to speak to it at `path`. */
export function serveUpstream(
  app: { fetch(request: Request): Response | Promise<Response> },
  path: string,
  overrides: Partial<UpstreamDeps> = {},
): Rig {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: (r) => app.fetch(r) })
  const admitted: string[] = []
  return {
    admitted,
    context: {
      practiceId: 'larkmere',
      correlationId: '01990000-0000-7000-8000-000000000001',
      signal: new AbortController().signal,
    },
    deps: {
      fetch: (url, init) => fetch(url, init),
      clock: { now: () => clinicMorning },
      admit: async (operation) => {
        admitted.push(operation)
      },
      endpoint: new URL(path, server.url),
      credentialsOf: (practiceId) => (practiceId === 'larkmere' ? demoCredentials : undefined),
      timeoutMs: 2000,
      answerBytesMax: 4_000_000,
      ...overrides,
    },
    stop: () => server.stop(true),
  }
}

/** The rejection of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error,
  )
}
