import { z } from 'zod'

/** What a program of this benchmark is told. */
export const ProgramInput = z.object({
  url: z.string(),
  jobs: z.int().positive(),
  /** Of those, done before measuring begins. */
  warmUp: z.int().positive(),
  /** Whether texts are sealed, or written as they are. */
  sealed: z.boolean(),
})
export type ProgramInput = z.input<typeof ProgramInput>

/** One field of one record, 2 KB of what a clinic writes. */
export const noteOf = (index: number): string =>
  JSON.stringify({ patientId: String(index), notes: `note ${index} `.repeat(200).slice(0, 2_000) })
export const recordKey = (index: number): string => `bench:record:${index}`
