import { setTimeout as sleep } from 'node:timers/promises'
import { type ActionName, subjectChangedBy } from '#lib/contract/actions.ts'
import { isRedisUnavailable } from '#lib/redis/unavailable.ts'
import type { AnswerCache } from './answer-cache.ts'

/** Called once a write has landed or may have; resolves when no older answer can be given any more. */
export type NoteWrite = (practiceId: string, action: ActionName, signal: AbortSignal) => Promise<void>

const triesMax = 20
const againMs = 500

/**
 * Rejects when Redis stays away: the request is then left to its lease, and whoever takes it over finds out what
 * became of the write and comes here again. Going on would leave the old answers standing beside the new state.
 */
export function createNoteWrite(cache: Pick<AnswerCache, 'noteChange'>): NoteWrite {
  return async (practiceId, action, signal) => {
    const subject = subjectChangedBy(action)
    if (!subject) return
    for (let tried = 1; ; tried += 1) {
      try {
        return await cache.noteChange(practiceId, subject)
      } catch (error) {
        if (tried >= triesMax || signal.aborted || !isRedisUnavailable(error)) throw error
        await sleep(againMs)
      }
    }
  }
}
