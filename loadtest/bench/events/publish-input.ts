import { z } from 'zod'

export const PublishInput = z.object({
  /** Into Redis as our services do it, or by a POST to a peer. */
  to: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('bus'), redisUrl: z.string(), practiceId: z.string() }),
    z.object({ kind: z.literal('post'), url: z.string() }),
  ]),
  perSecond: z.number(),
  /** Its events have the numbers from 1 to this; the first fifty warm up. */
  events: z.int(),
  padding: z.int(),
})
export type PublishInput = z.infer<typeof PublishInput>

export const Published = z.object({ events: z.int() })
