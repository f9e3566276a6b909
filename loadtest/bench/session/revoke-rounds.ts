import type { Client } from './client.ts'

export interface RevokeRounds {
  /** Sessions that were still good after the revocation and all sign-ins had ended. */
  readonly alive: number
  readonly signIns: number
  /** Of a session that was signed in before: from asking for the revocation to the first refusal, in ms, each round. */
  readonly refusedAfterMs: readonly number[]
}

/**
 * Twenty sign-ins at once; when the first is answered all have been checked for their user, and that user's sessions
 * are revoked. None of the twenty was proved after the revocation, so none may be good at the end.
 */
export async function revokeInRounds(client: Client, rounds: number, parallel = 20): Promise<RevokeRounds> {
  let [alive, signIns] = [0, 0]
  const refusedAfterMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const keeper = await client.signIn()
    const under = Array.from({ length: parallel }, () => client.signIn())
    // One that is refused because of the revocation is as it should be.
    const ended = Promise.allSettled(under)
    await Promise.any(under)
    const askedAt = performance.now()
    const refused = untilRefused(client, keeper)
    await client.revokeAll(keeper)
    refusedAfterMs.push((await refused) - askedAt)
    const sessions = (await ended).flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    signIns += sessions.length
    const good = await Promise.all(sessions.map((session) => client.isAlive(session)))
    alive += good.filter(Boolean).length
  }
  return { alive, signIns, refusedAfterMs }
}

async function untilRefused(client: Client, session: string): Promise<number> {
  while (await client.isAlive(session)) await new Promise((resolve) => setTimeout(resolve, 1))
  return performance.now()
}
