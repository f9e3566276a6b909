import { useEffect } from 'react'
import type { TebraStatus } from '#lib/contract/health.ts'
import { ageText, durationText } from './clinic-time.ts'
import { failureText, isSessionEnd } from './failure-text.ts'
import { HealthFact, HealthGroup } from './health-group.tsx'
import { Notice } from './notice.tsx'
import { useHealth } from './use-health.ts'
import { useNow } from './use-now.ts'
import { WorkerList } from './worker-list.tsx'

/** How the way to Tebra is: store, breaker, queue, workers. For those who look after it. */
export function HealthPanel({ onSessionEnded }: { readonly onSessionEnded: () => void }) {
  const reading = useHealth()
  const now = useNow(5000)
  const hasNoSession = isSessionEnd(reading?.error)
  useEffect(() => {
    if (hasNoSession) onSessionEnded()
  }, [hasNoSession, onSessionEnded])
  const failure = reading?.error === undefined ? undefined : failureText(reading.error)

  return (
    <aside className="card health" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      {failure !== undefined && (
        <Notice
          tone="warn"
          title={reading?.status ? `Last read ${ageText(now - reading.readAt)}` : 'Not known'}
        >
          <p>
            {failure.text} <code>{failure.code}</code>
          </p>
        </Notice>
      )}
      {reading === undefined && <p className="muted">Reading…</p>}
      {reading?.status && <HealthFacts status={reading.status} now={now} />}
    </aside>
  )
}

const breakers = {
  closed: ['good', 'Closed', 'Calls to Tebra go through.'],
  'half-open': ['warn', 'Half-open', 'One call at a time tries whether Tebra is back.'],
  open: ['bad', 'Open', 'Calls to Tebra are held back until it recovers.'],
} as const

function HealthFacts({ status, now }: { readonly status: TebraStatus; readonly now: number }) {
  const { redis, breaker, queue, upstream, workers } = status
  const [tone, name, text] = breakers[breaker.state]
  const isHealthy = redis.status === 'healthy'
  return (
    <>
      <HealthGroup
        title="Redis"
        tone={isHealthy ? 'good' : 'bad'}
        state={isHealthy ? 'Healthy' : 'Unreachable'}
      >
        {isHealthy ? (
          <dl className="facts">
            <HealthFact name="Latency" value={`${redis.latency_ms} ms`} />
            <HealthFact name="Clients" value={redis.connected_clients} />
          </dl>
        ) : (
          <p className="muted">{redis.type}</p>
        )}
      </HealthGroup>
      <HealthGroup title="Breaker" tone={tone} state={name}>
        <p className="muted">
          {text} It is reached by {upstream === 'soap' ? 'SOAP' : 'the PHP API'}.
          {breaker.since !== undefined && ` Since ${ageText(now - Date.parse(breaker.since))}.`}
        </p>
      </HealthGroup>
      <HealthGroup
        title="Queue"
        tone={queue.dead > 0 ? 'warn' : 'good'}
        state={queue.dead > 0 ? 'Needs a look' : queue.depth === 0 ? 'Empty' : 'Moving'}
      >
        <dl className="facts">
          <HealthFact name="Depth" value={queue.depth} />
          <HealthFact name="Pending" value={queue.pending} />
          <HealthFact name="Delayed" value={queue.delayed} />
          <HealthFact name="Oldest" value={durationText(queue.oldestAgeMs)} />
          <HealthFact name="Dead" value={queue.dead} isBad={queue.dead > 0} />
        </dl>
      </HealthGroup>
      <WorkerList workers={workers} now={now} />
    </>
  )
}
