import { SessionEnded } from '#lib/contract/session.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import type { SessionGuard } from '#lib/http/session-guard.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels } from '#lib/redis/keys.ts'
import { mayListen } from './may-listen.ts'
import type { Subscriber } from './subscriber.ts'

const notWanted = 0
/** By then the answer that carries the session's new token has reached the browser. */
const comeBackMs = 1_000
const lookEveryMs = 30_000
const lookAgainMs = 1_000
/** Redis counts whole milliseconds: a little after its end a session is surely gone. */
const surelyMs = 20

interface Deps {
  readonly subscriber: RedisClient
  readonly guard: SessionGuard
  readonly subscribers: () => Iterable<Subscriber>
  readonly logger: Logger
  readonly now: () => number
  readonly random: () => number
}

/**
 * Ends streams with their session: at once on a message, when its time is over, and by looking again every half a
 * minute, because a message can be lost. The look is what decides; a message only says whom to look at, and those get
 * nothing until it has been decided.
 */
export function createSessionWatch(deps: Deps) {
  const { guard, logger, now } = deps

  /** When a session that is good now has to be looked at again, in ms by our clock. */
  const nextLookAt = (session: ActiveSession): number => {
    const { idleExpiresAt, absoluteExpiresAt, emergencyUntil = Number.POSITIVE_INFINITY } = session
    const leftMs = Math.min(idleExpiresAt, absoluteExpiresAt, emergencyUntil) - session.checkedAt
    // Spread, so that streams which were opened together are not looked at together for ever.
    return now() + Math.min(Math.max(leftMs, 0) + surelyMs, lookEveryMs * (0.75 + deps.random() / 4))
  }

  const decide = (session: ActiveSession | undefined, at: Subscriber, rotated: boolean): void => {
    if (!session) at.bye(rotated ? 'rotated' : 'session-ended', rotated ? comeBackMs : notWanted)
    else if (!mayListen(session, at.streams)) at.bye('forbidden', notWanted)
    else {
      at.lookAt = nextLookAt(session)
      at.unmute()
    }
  }

  const look = async (tokenHash: string, streams: readonly Subscriber[], rotated: boolean): Promise<void> => {
    const practiceId = streams[0]?.listener.practiceId ?? ''
    try {
      const session = await guard.recheck(practiceId, tokenHash)
      for (const at of streams) decide(session, at, rotated)
    } catch (error) {
      // Redis is away: who was muted stays so, and the next look decides.
      for (const at of streams) at.lookAt = now() + lookAgainMs
      logger.warn({ err: error }, 'session recheck failed')
    }
  }

  /** One look for all streams of a session. */
  const lookAtAll = async (streams: readonly Subscriber[], rotated = false): Promise<void> => {
    for (const at of streams) at.lookAt = now() + lookEveryMs
    const bySession = Map.groupBy(streams, ({ listener }) => listener.tokenHash)
    await Promise.all([...bySession].map(([tokenHash, some]) => look(tokenHash, some, rotated)))
  }

  return {
    nextLookAt,

    async start(): Promise<void> {
      deps.subscriber.on('message', (_channel, text: string) => {
        const message = SessionEnded.safeParse(parseJson(text))
        if (!message.success) return
        const { practiceId, tokenHash, userId, rotated } = message.data
        const meant = [...deps.subscribers()].filter(
          ({ listener }) =>
            listener.practiceId === practiceId &&
            (tokenHash === undefined || listener.tokenHash === tokenHash) &&
            (userId === undefined || listener.userId === userId),
        )
        for (const at of meant) at.mute()
        void lookAtAll(meant, rotated)
      })
      await deps.subscriber.subscribe(channels.sessionEnded)
    },

    /** Looks at those whose time has come; to be called several times a second. */
    async lookAtDue(): Promise<void> {
      const at = now()
      await lookAtAll([...deps.subscribers()].filter(({ lookAt }) => lookAt <= at))
    },
  }
}

export type SessionWatch = ReturnType<typeof createSessionWatch>

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
