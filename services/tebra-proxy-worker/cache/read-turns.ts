import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerMeta } from '#lib/contract/requests.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { ClaimedRequest } from '../queue/claimed-request.ts'
import type { AnswerCache, CachedAnswer, Flight } from './answer-cache.ts'
import type { NameRead } from './read-name.ts'

/** What a worker does with a claimed request: nothing more, come back later, or ask the upstream. */
export type ReadTurn = ({ readonly kind: 'answered' } & CachedAnswer) | { readonly kind: 'busy' } | AskingTurn

/** The upstream is asked; `leave` is called at the end, whatever came of it. None of these rejects. */
export interface AskingTurn {
  readonly kind: 'ask'
  /** The answer is offered to those who wait for it; undefined where the action is never cached. */
  keep(result: unknown): Promise<AnswerMeta | undefined>
  /** The upstream is away: an older answer, where the requester takes one and there is one. */
  standIn(): Promise<CachedAnswer | undefined>
  leave(): Promise<void>
}

export type TakeReadTurn = (
  request: ClaimedRequest,
  params: unknown,
  signal: AbortSignal,
) => Promise<ReadTurn>

const pollMs = 50
/** So long a request waits in its worker's hands for another's call; then it gives its place to others. */
const waitMs = 3_000

const askUncached: AskingTurn = {
  kind: 'ask',
  keep: async () => undefined,
  standIn: async () => undefined,
  leave: async () => {},
}

/** One upstream call at a time for one question in the whole fleet; the others wait for its answer or share it. */
export function createTakeReadTurn(deps: {
  cache: AnswerCache
  nameRead: NameRead
  logger: Logger
  /** A flight whose worker is silent this long is another's. */
  leaseMs: number
}): TakeReadTurn {
  const { cache, nameRead, leaseMs } = deps

  /** What goes wrong with the cache must not cost an answer that has come. */
  const tolerate = async <T>(step: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await step()
    } catch (error) {
      deps.logger.warn({ err: error }, 'cache trouble')
      return undefined
    }
  }

  const asking = (flight: Flight, practiceId: string, params: unknown): AskingTurn => {
    let held = true
    const renewing = setInterval(() => void tolerate(() => cache.renew(flight, leaseMs)), leaseMs / 3)
    return {
      kind: 'ask',
      async keep(result) {
        // A question about today that was asked around midnight: of which day the answer is, nobody knows.
        if (nameRead(practiceId, flight.name.action, params)?.entry === flight.name.entry)
          held = ((await tolerate(() => cache.keep(flight, result))) ?? 'too-large') === 'too-large'
        return { source: 'upstream', stale: false, ageMs: 0 }
      },
      standIn: async () =>
        flight.mode === 'allow-stale'
          ? tolerate(() => cache.lookUp(flight.name, flight.name.staleMs))
          : undefined,
      async leave() {
        clearInterval(renewing)
        if (held) await tolerate(() => cache.end(flight))
      },
    }
  }

  return async (request, params, signal) => {
    const { practiceId } = request
    const name = nameRead(practiceId, request.action, params)
    if (!name) return askUncached
    const owner = `${request.id}:${request.fence}`
    const deadline = performance.now() + waitMs
    while (!signal.aborted) {
      const joined = await cache.join(name, request.id, owner, leaseMs)
      if (joined.kind === 'answer') return { ...joined, kind: 'answered' }
      if (joined.kind === 'ask') return asking(joined.flight, practiceId, params)
      if (performance.now() >= deadline) break
      await sleep(pollMs, undefined, { signal }).catch(() => {})
    }
    return { kind: 'busy' }
  }
}
