import type { TebraStatus } from '#lib/contract/health.ts'
import { routeTo } from '../frame/use-route.ts'
import { durationText } from '../parts/clinic-time.ts'
import { HealthFact, HealthGroup } from './health-group.tsx'

type Props = Pick<TebraStatus, 'queue'> & { readonly mayAct: boolean }

/** How much waits, how long already, and what failed for good. */
export function QueueGroup({ queue, mayAct }: Props) {
  const hasDead = queue.dead > 0
  return (
    <HealthGroup
      title="Queue"
      tone={hasDead ? 'warn' : 'good'}
      state={hasDead ? 'Needs a look' : queue.depth === 0 ? 'Empty' : 'Moving'}
    >
      <dl className="facts">
        <HealthFact name="Depth" value={queue.depth} />
        <HealthFact name="Pending" value={queue.pending} />
        <HealthFact name="Delayed" value={queue.delayed} />
        <HealthFact name="Oldest" value={durationText(queue.oldestAgeMs)} />
        <HealthFact name="Dead letters" value={queue.dead} isBad={hasDead} />
      </dl>
      {hasDead && mayAct && (
        <a className="text-link" href={routeTo('dead-letters')}>
          Look at the dead letters
        </a>
      )}
    </HealthGroup>
  )
}
