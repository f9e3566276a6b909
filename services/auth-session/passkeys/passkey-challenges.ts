import { z } from 'zod'
import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { UserPlace } from '../users/user-store.ts'

/** How long a person has to touch the authenticator, in ms: WebAuthn Level 3 §15.1 recommends five minutes. */
export const challengeLifeMs = 300_000

/** Random texts that authenticators sign, each good for one answer. Redis knows their hashes only. */
export interface PasskeyChallenges {
  /** `registrant` is who may register a passkey with it; without one it is for signing in. */
  open(challenge: string, relyingPartyId: string, registrant?: UserPlace): Promise<void>
  /**
   * Uses up the challenge that the authenticator's answer names. Answers it and its relying party's id; undefined
   * where there is none, or it was for something else.
   */
  spend(
    clientDataJson: string,
    registrant?: UserPlace,
  ): Promise<{ challenge: string; relyingPartyId: string } | undefined>
}

const ClientData = z.object({ challenge: z.string() })

const purposeOf = (registrant?: UserPlace) =>
  registrant ? `registration:${registrant.practiceId}/${registrant.userId}` : 'authentication'

export function createPasskeyChallenges({ redis }: { redis: RedisClient }): PasskeyChallenges {
  const keyOf = (challenge: string) => sessionKeys.passkeyChallenge(sha256Hex(challenge))
  return {
    async open(challenge, relyingPartyId, registrant) {
      const text = `${purposeOf(registrant)} ${relyingPartyId}`
      await redis.set(keyOf(challenge), text, 'PX', challengeLifeMs)
    },

    async spend(clientDataJson, registrant) {
      const challenge = challengeIn(clientDataJson)
      if (challenge === undefined) return undefined
      // One step reads and deletes: of two answers that carry it at the same time, one gets it.
      const [purpose, relyingPartyId] = ((await redis.getdel(keyOf(challenge))) ?? '').split(' ')
      if (purpose !== purposeOf(registrant) || !relyingPartyId) return undefined
      return { challenge, relyingPartyId }
    },
  }
}

function challengeIn(clientDataJson: string): string | undefined {
  try {
    return ClientData.parse(JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'))).challenge
  } catch {
    return undefined
  }
}
