import { z } from 'zod'

export const PublishInput = z.object({
  /** Into Redis as our services do it, or by a POST to a peer. */
  to: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('bus'), redisUrl: z.string(), practiceId: z.string() }),
    z.object({
      kind: z.literal('post'),
      url: z.string(),
      /** Where the peer is told by the body which channel it is for, and says there whether it took it. */
      channel: z.string().optional(),
    }),
  ]),
  perSecond: z.number(),
  /** Its events have the numbers from 1 to this; the first fifty warm up. */
  events: z.int(),
  padding: z.int(),
})
export type PublishInput = z.infer<typeof PublishInput>

export const Published = z.object({ events: z.int() })
