import type { OpenSession } from './people.ts'

export interface SessionDesk {
  /** Where `POST` answers `{token}`, by name. */
  url(name: string): string
  close(): Promise<void>
}

/**
 * Hands out sessions, a new one each time: the fuzzer ends its own again and again, by logging out, revoking and
 * removing, and a run without a session proves nothing. Behind each name people stand in line; whoever may no longer
 * sign in makes room for the next.
 */
export function openSessionDesk(
  lines: Readonly<Record<string, readonly (() => Promise<OpenSession>)[]>>,
): SessionDesk {
  const desks = new Map(Object.entries(lines).map(([name, line]) => [name, inLine(line)]))
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const token = await desks.get(new URL(request.url).pathname.slice(1))?.()
      return token === undefined ? new Response(null, { status: 404 }) : Response.json({ token })
    },
  })
  return {
    url: (name) => `http://127.0.0.1:${server.port}/${name}`,
    close: () => server.stop(true),
  }
}

function inLine(line: readonly (() => Promise<OpenSession>)[]): OpenSession {
  const waiting = [...line]
  let open: OpenSession | undefined
  return async () => {
    for (;;) {
      const token = await open?.()
      if (token !== undefined) return token
      const next = waiting.shift()
      if (!next) return undefined
      open = await next()
    }
  }
}
