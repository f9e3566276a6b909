import type { TimelineStep } from '#lib/contract/requests.ts'
import { durationText } from '../parts/clinic-time.ts'
import { Moment } from '../parts/moment.tsx'
import { inWords, requestTone } from '../parts/names.ts'

/** The way of a request, step by step, each with the time since the one before. */
export function Timeline({ steps }: { readonly steps: readonly TimelineStep[] }) {
  return (
    <ol className="timeline" aria-label="Timeline">
      {steps.map(({ status, at, attempt, reason }, index) => {
        const before = steps[index - 1]
        return (
          <li key={`${at} ${status}`} className={`timeline-step timeline-${requestTone[status]}`}>
            <span className="timeline-dot" aria-hidden="true" />
            <span className="timeline-what">
              <strong>{inWords(status)}</strong>
              {attempt !== undefined && attempt > 0 && <span className="muted"> try {attempt}</span>}
              {reason !== undefined && <code>{reason}</code>}
            </span>
            <span className="muted">
              <Moment at={at} />
              {before && ` · after ${durationText(Date.parse(at) - Date.parse(before.at))}`}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
