import { z } from 'zod'

export const CrashInput = z.object({ url: z.string(), hold: z.boolean() })

/** The line by which a worker says that a job has begun. */
export const begun = 'begun'

/** Says that a job begins, and never comes back where it is to be held. */
export function sayBegun(hold: boolean): Promise<void> {
  console.log(begun)
  return hold ? new Promise(() => {}) : Promise.resolve()
}
