import type { TebraStatus } from '#lib/contract/health.ts'
import { ageText } from './clinic-time.ts'
import { HealthGroup } from './health-group.tsx'

/** A worker reports every few seconds; one that has been silent for so long is likely gone. */
const silentMs = 30_000

/** Who works the queue off, and whether each still moves. */
export function WorkerList({ workers, now }: Pick<TebraStatus, 'workers'> & { readonly now: number }) {
  const isSilent = (at: string) => now - Date.parse(at) > silentMs
  const silent = workers.filter((worker) => isSilent(worker.lastProgressAt)).length
  const running = `${workers.length - silent} running`
  const [tone, state] =
    workers.length === 0
      ? (['bad', 'None'] as const)
      : silent === 0
        ? (['good', running] as const)
        : (['warn', `${silent} silent`] as const)
  return (
    <HealthGroup title="Workers" tone={tone} state={state}>
      {workers.length === 0 ? (
        <p className="muted">Nobody works the queue off: requests wait until a worker starts.</p>
      ) : (
        <ul className="workers">
          {workers.map((worker) => (
            <li key={worker.name}>
              <span className="worker-name">{worker.name}</span>
              <span className={isSilent(worker.lastProgressAt) ? 'worker-silent' : 'muted'}>
                {worker.inFlight} in flight · {ageText(now - Date.parse(worker.lastProgressAt))} ·{' '}
                {Math.round(worker.rssBytes / 1_048_576)} MB
              </span>
            </li>
          ))}
        </ul>
      )}
    </HealthGroup>
  )
}
