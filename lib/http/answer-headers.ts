/** On every answer: what hono's secureHeaders sets, framing refused and HTTPS kept for two years. */
const always = Object.entries({
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'DENY',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
})

/** Of an answer that is no page: nobody keeps it, it loads and runs nothing, and no site frames it. */
const closed = Object.entries({
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
})

/**
 * Sets what every answer carries; what a route says of caching and of its page's policy stands. On the answer that is
 * there: hono's `c.header` would wrap it, and a stream's body with it, anew for each header.
 */
export function setAnswerHeaders({ headers }: Response, requestId: string): void {
  headers.set('X-Request-Id', requestId)
  for (const [name, value] of always) headers.set(name, value)
  for (const [name, value] of closed) if (!headers.has(name)) headers.set(name, value)
}
