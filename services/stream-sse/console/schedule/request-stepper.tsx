import type { TebraRequestState } from '#lib/client/use-tebra-request.ts'
import { durationText } from '../parts/clinic-time.ts'
import { useStageTimes } from './use-stage-times.ts'

type Request = TebraRequestState<'syncSchedule'>
type StageState = 'todo' | 'now' | 'done' | 'failed'

interface Stage {
  readonly name: 'pending' | 'processing' | 'ended'
  readonly label: string
  readonly state: StageState
}

function stagesOf(request: Request): readonly Stage[] {
  const steps = 'steps' in request ? request.steps : []
  const latest = steps.at(-1)
  const attempt = Math.max(1, ...steps.map((step) => step.attempt))
  const hasStarted = latest !== undefined && latest.status !== 'pending'
  const isRetrying = latest?.status === 'retrying'
  // A submission that was refused has not been queued.
  const hasFailedUnsent = request.kind === 'failed' && latest === undefined
  const isOver = request.kind === 'done' || request.kind === 'failed'
  const tries = attempt > 1 ? ` · try ${attempt}` : ''
  const asking = request.kind === 'waiting' && isRetrying ? 'Waiting to try again' : `Asking Tebra${tries}`
  return [
    {
      name: 'pending',
      label: 'Queued',
      state: hasFailedUnsent ? 'todo' : isOver || hasStarted ? 'done' : 'now',
    },
    {
      name: 'processing',
      label: asking,
      state: request.kind === 'done' ? 'done' : !hasStarted ? 'todo' : isOver ? 'done' : 'now',
    },
    {
      name: 'ended',
      label: request.kind === 'failed' ? 'Failed' : 'Received',
      state: request.kind === 'done' ? 'done' : request.kind === 'failed' ? 'failed' : 'todo',
    },
  ]
}

/** The way of the latest request, live: queued, with Tebra, received; each with the time since it was sent. */
export function RequestStepper({ request }: { readonly request: Request }) {
  const times = useStageTimes(request)
  return (
    <ol className="stepper" aria-label="Latest request to Tebra">
      {stagesOf(request).map((stage) => {
        const ms = times[stage.name]
        return (
          <li key={stage.name} className={`step step-${stage.state}`} data-stage={stage.name}>
            <span className="step-dot" aria-hidden="true" />
            <span>{stage.label}</span>
            {ms !== undefined && <span className="step-time">{durationText(ms)}</span>}
          </li>
        )
      })}
    </ol>
  )
}
