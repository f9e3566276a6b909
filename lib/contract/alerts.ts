import { z } from 'zod'
import { Instant, PracticeId } from './ids.ts'

/** What an operator is told of, once when it starts and once when it ends. */
export const AlertKind = z
  .enum([
    'breaker',
    'queue-age',
    'queue-depth',
    'queue-full',
    'dead-letters',
    'uncertain-write',
    'credentials',
    'worker-stalled',
    'worker-dead',
    'lost-entries',
  ])
  .meta({ id: 'AlertKind' })
export type AlertKind = z.infer<typeof AlertKind>

const about = {
  kind: AlertKind,
  subject: z.string().meta({ description: 'the practice, worker, partition or upstream it is about' }),
  practiceId: PracticeId.optional().meta({ description: 'absent where it concerns all practices' }),
  reason: z.string(),
  since: Instant,
}

/** Trouble that stands now. */
export const OpenAlert = z.object(about).meta({ id: 'OpenAlert' })
export type OpenAlert = z.infer<typeof OpenAlert>

/** Trouble that started or ended. Ids and words of ours only: it leaves the house. */
export const Alert = z
  .object({ id: z.string(), phase: z.enum(['started', 'ended']), at: Instant, ...about })
  .meta({ id: 'Alert' })
export type Alert = z.infer<typeof Alert>

export const AlertsAnswer = z
  .object({
    open: z.array(OpenAlert).meta({ description: 'oldest first' }),
    recent: z.array(Alert).meta({ description: 'newest first' }),
  })
  .meta({ id: 'Alerts' })
export type AlertsAnswer = z.infer<typeof AlertsAnswer>
