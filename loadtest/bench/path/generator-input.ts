import { z } from 'zod'

/** What a load generator is told: where, as whom, and how much. */
export const GeneratorInput = z.object({
  tebraUrl: z.string(),
  eventsUrl: z.string(),
  simulatorUrl: z.string(),
  tokens: z.array(z.string()).min(1),
  /** Each generator asks questions of its own, so that no answer is shared between requests. */
  series: z.string(),
  load: z.discriminatedUnion('kind', [
    /** Requests begin at a constant rate, whatever becomes of those before. */
    z.object({ kind: z.literal('rate'), perSecond: z.number(), seconds: z.number() }),
    /** So many requests are always under way. */
    z.object({ kind: z.literal('closed'), width: z.int(), seconds: z.number() }),
  ]),
})
export type GeneratorInput = z.infer<typeof GeneratorInput>

export const Generated = z.object({
  /** From begin to end of each request, in ms, without the warm-up. */
  latencies: z.array(z.number()),
  perSecond: z.number(),
  /** All requests, those of the warm-up included. */
  asked: z.int(),
  lost: z.int(),
  doubled: z.int(),
  /** Of the generator itself, of one core. */
  cpuShare: z.number(),
})
export type Generated = z.infer<typeof Generated>

export const action = 'searchPatients'

/** A question that nobody asked before; it finds nobody, so that the path is measured and not the payload. */
export const question = (series: string, index: number) => ({
  firstName: `Given${series}${index}`,
  lastName: 'Family-Name',
})
