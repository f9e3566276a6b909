import { openOurs } from '../queue/ours.ts'
import { noteOf, recordKey } from './program-input.ts'

/** Reads every record back: what is missing or is not what was written counts as lost. */
export async function lostRecords(url: string, jobs: number, sealed: boolean): Promise<number> {
  const { redis, cipher } = await openOurs(url)
  let lost = 0
  for (let index = 0; index < jobs; index += 1) {
    const key = recordKey(index)
    const stored = (await redis.hget(key, 'note')) ?? ''
    const place = { practiceId: 'practice-0', key, field: 'note' }
    const note = sealed ? await cipher.decrypt(place, stored).catch(() => undefined) : stored
    if (note !== noteOf(index)) lost += 1
  }
  redis.disconnect()
  return lost
}
