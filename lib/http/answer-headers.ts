/** On every answer: nobody reads it from a foreign page, guesses its type, or frames it, and HTTPS is kept for two years. */
const always = Object.entries({
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
})

/** Of an answer that is no page: nobody keeps it, it loads and runs nothing, and no site frames it. */
const closed = Object.entries({
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
})

/** What only a document heeds: with those above, what hono's secureHeaders sets. */
export const pageHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
} as const

/** All that is set below but for the request's id, for an answer that is made with them at once (answer-json.ts). */
export const jsonHeaders = new Headers([['Content-Type', 'application/json'], ...always, ...closed])

/**
 * Sets what every answer carries; what a route says of caching and of its page's policy stands. On the answer that is
 * there: hono's `c.header` would wrap it, and a stream's body with it, anew for each header.
 */
export function setAnswerHeaders({ headers }: Response, requestId: string): void {
  headers.set('X-Request-Id', requestId)
  // No route has cause to set this one by itself.
  if (headers.has('Strict-Transport-Security')) return
  for (const [name, value] of always) headers.set(name, value)
  for (const [name, value] of closed) if (!headers.has(name)) headers.set(name, value)
}
