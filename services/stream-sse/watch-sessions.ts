import { SessionEnded } from '#lib/contract/session.ts'
import type { SessionGuard } from '#lib/http/session-guard.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels } from '#lib/redis/keys.ts'
import type { Hub } from './hub.ts'
import type { Subscriber } from './subscriber.ts'

const notWanted = () => 0
/** By then the answer that carries the session's new token has reached the browser. */
const comeBackMs = 1_000

interface Deps {
  readonly subscriber: RedisClient
  readonly guard: SessionGuard
  readonly hub: Hub
  readonly logger: Logger
  /** Whether a session that is still good may still listen to these streams. */
  readonly mayListen: (
    session: NonNullable<Awaited<ReturnType<SessionGuard['recheck']>>>,
    of: Subscriber,
  ) => boolean
}

/**
 * Ends streams with their session: at once on a message, and by looking again every 30 s, because a message can be
 * lost. The look is what decides; a message only says whom to look at.
 */
export function createSessionWatch(deps: Deps) {
  const { hub, guard, logger } = deps

  const look = async (at: Subscriber, rotated = false): Promise<void> => {
    try {
      const session = await guard.recheck(at.session.practiceId, at.session.tokenHash)
      if (!session && rotated) at.bye('rotated', comeBackMs)
      else if (!session) at.bye('session-ended', notWanted())
      else if (!deps.mayListen(session, at)) at.bye('forbidden', notWanted())
    } catch (error) {
      // Redis is away: nothing flows meanwhile, and the next look decides.
      logger.warn({ err: error }, 'session recheck failed')
    }
  }

  const lookAtAll = async (whose: (subscriber: Subscriber) => boolean, rotated?: boolean): Promise<void> => {
    await Promise.all(
      hub
        .subscribers()
        .filter(whose)
        .map((at) => look(at, rotated)),
    )
  }

  return {
    async start(): Promise<void> {
      deps.subscriber.on('message', (_channel, text: string) => {
        const message = SessionEnded.safeParse(parseJson(text))
        if (!message.success) return
        const { practiceId, tokenHash, userId, rotated } = message.data
        void lookAtAll(
          ({ session }) =>
            session.practiceId === practiceId &&
            (tokenHash === undefined || session.tokenHash === tokenHash) &&
            (userId === undefined || session.userId === userId),
          rotated,
        )
      })
      await deps.subscriber.subscribe(channels.sessionEnded)
    },
    recheckAll: () => lookAtAll(() => true),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
