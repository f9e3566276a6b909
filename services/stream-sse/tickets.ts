import { createToken, parseToken } from '#lib/crypto/session-token.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import type { SessionGuard } from '#lib/http/session-guard.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

const ticketMs = 30_000

/** Single-use tickets, 30 s long, for an EventSource that cannot send the cookie. Redis knows only their hash. */
export function createTickets(deps: { redis: RedisClient; guard: SessionGuard; now: () => number }) {
  return {
    async issue(session: ActiveSession): Promise<{ ticket: string; expiresAt: string }> {
      const ticket = createToken(session.practiceId)
      const hash = parseToken(ticket)?.hash ?? ''
      await deps.redis.set(sessionKeys.ticket(session.practiceId, hash), session.tokenHash, 'PX', ticketMs)
      return { ticket, expiresAt: new Date(deps.now() + ticketMs).toISOString() }
    },

    /** The session a ticket stands for; a second use finds nothing, and an ended session is not answered. */
    async redeem(ticket: string): Promise<ActiveSession | undefined> {
      const parsed = parseToken(ticket)
      if (!parsed) return undefined
      const tokenHash = await deps.redis.getdel(sessionKeys.ticket(parsed.practiceId, parsed.hash))
      return tokenHash === null ? undefined : deps.guard.recheck(parsed.practiceId, tokenHash)
    },
  }
}

export type Tickets = ReturnType<typeof createTickets>
