import { z } from 'zod'

/** What a program of this benchmark is told. */
export const ProgramInput = z.object({
  url: z.string(),
  jobs: z.int().positive(),
  /** Of those, done before measuring begins. */
  warmUp: z.int().positive(),
  /** Adding: calls in flight at once. Processing: jobs in hand at once. */
  concurrency: z.int().positive(),
  /** Which Redis client BullMQ is given; ours has one. */
  client: z.enum(['ioredis', 'bun']).default('ioredis'),
  /** Processing: with everything that the service does around its queue, the audit chain included. */
  whole: z.boolean().default(false),
  /** BullMQ seals its params and results, as ours always does. */
  sealed: z.boolean().default(false),
})
export type ProgramInput = z.input<typeof ProgramInput>
