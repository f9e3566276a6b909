import { z } from 'zod'
import { GivenInstant, Instant, Uuid } from './ids.ts'
import { trimmedText } from './rules.ts'

export const EmergencyRequest = z
  .strictObject({
    reason: trimmedText(10, 500).meta({ description: 'why it cannot wait; kept sealed for review' }),
  })
  .meta({ id: 'EmergencyRequest' })

/** One use of emergency access, from its begin to its end. */
export const EmergencyAccess = z
  .object({
    id: Uuid,
    userId: Uuid,
    sessionId: z.string().meta({ description: 'the session at the begin; a step-up gives it another id' }),
    reason: z.string(),
    startedAt: Instant,
    until: Instant,
    endedAt: Instant.optional(),
    endedBy: z.enum(['holder', 'time-out', 'session-end', 'not-begun']).optional(),
  })
  .meta({ id: 'EmergencyAccess' })
export type EmergencyAccess = z.infer<typeof EmergencyAccess>

export const EmergencyQuery = z.object({
  before: GivenInstant.optional().meta({
    description: 'those that started before this; the last `startedAt` of a page',
  }),
})

export const EmergencyList = z
  .object({ uses: z.array(EmergencyAccess), more: z.boolean() })
  .meta({ id: 'EmergencyList' })
