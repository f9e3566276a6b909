import { placeOf } from '../../../lib/crypto/request-place.ts'
import { openOurs } from './ours.ts'
import { practices } from './payload.ts'

interface Job {
  readonly practiceId: string
  readonly correlationId: string
}

/** Our cipher for BullMQ's jobs: what a job carries and brings back is health data, whichever queue it goes through. */
export async function openSeal(url: string) {
  const { cipher, dataKeys } = await openOurs(url)
  for (const practice of practices) await dataKeys.ensure(practice)
  return {
    close: (
      { practiceId, correlationId }: Job,
      field: 'params' | 'result',
      value: unknown,
    ): Promise<string> => cipher.encrypt(placeOf(practiceId, correlationId, field), JSON.stringify(value)),
    open: async ({ practiceId, correlationId }: Job, field: 'params', sealed: string): Promise<unknown> =>
      JSON.parse(await cipher.decrypt(placeOf(practiceId, correlationId, field), sealed)),
  }
}
