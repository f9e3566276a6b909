import { AuthClient } from './auth-client.ts'
import type { Fetch } from './run-stream.ts'

/**
 * A fetch whose answer counts only while the browser is signed in with this very session; otherwise the answer is a 401. The
 * cookie belongs to all tabs: after another person signed in, a page of the one before would open that person's stream. Asked
 * after the answer came, because a session that left the browser never comes back into it.
 */
export function sessionBoundFetch(sessionId: string, send: Fetch, baseUrl = ''): Fetch {
  return async (url, init) => {
    const answer = await send(url, init)
    if (!answer.ok) return answer
    // By the same credentials, which a program sends as a header.
    const asked: Fetch = (to, { headers, ...rest }) => {
      const all = new Headers(init.headers)
      for (const [name, value] of new Headers(headers)) all.set(name, value)
      return send(to, { ...rest, headers: all, signal: init.signal ?? null })
    }
    const auth = new AuthClient({ baseUrl, fetch: asked })
    const current = await auth.session({ background: true })
    return current?.session.id === sessionId ? answer : new Response(null, { status: 401 })
  }
}
