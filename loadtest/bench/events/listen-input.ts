import { z } from 'zod'

export const ListenInput = z.object({
  port: z.int(),
  path: z.string(),
  /** Written by a seed: a header line for each connection and whose it is; of the peers empty. */
  file: z.string().optional(),
  connections: z.int(),
  /** Connections are cut at random, this many in all, each at once opened anew where it left off. */
  reconnects: z.int(),
  reconnectsPerSecond: z.number(),
  /** Nothing is read after the first bytes. */
  stalled: z.boolean(),
})
export type ListenInput = z.input<typeof ListenInput>

/** Said while it runs: all connections are open; all cuts are made. */
export const Milestone = z.object({ milestone: z.enum(['open', 'reconnected']) })

export const Heard = z.object({
  deliveries: z.int(),
  /** Of counted events, in ms. */
  latencies: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  lost: z.int(),
  doubled: z.int(),
  resyncs: z.int(),
  /** Of the generator itself, of one core, while events came. */
  cpuShare: z.number(),
})
export type Heard = z.infer<typeof Heard>
