import { z } from 'zod'

export const SeedInput = z.object({
  redisUrl: z.string(),
  users: z.int(),
  perUser: z.int(),
  /** Over how many practices the users are spread; of the peers' none. */
  practices: z.int().default(50),
  /** Where the sessions are written down: a header that asks for each, and the id of the user that it must name. */
  file: z.string(),
})
export const Seeded = z.object({ sessions: z.int() })

export const Asked = z.array(z.tuple([z.string(), z.string()])).min(1)

export const LoadInput = z.object({
  port: z.int(),
  path: z.string(),
  /** The server's process, whose CPU is read. */
  pid: z.int(),
  file: z.string(),
  /** A header line of every request beside the session's. */
  header: z.string(),
  connections: z.int(),
  warmUpMs: z.int(),
  seconds: z.number(),
})
export type LoadInput = z.infer<typeof LoadInput>

export const Loaded = z.object({
  spent: z.object({ jobs: z.int(), cpuMs: z.number(), wallMs: z.number() }),
  p99Ms: z.number(),
  /** Answers that were not 200 or did not name the session's user. */
  wrong: z.int(),
  /** Of the generator itself, of one core. */
  cpuShare: z.number(),
})
export type Loaded = z.infer<typeof Loaded>
