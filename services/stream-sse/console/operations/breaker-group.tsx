import { useState } from 'react'
import type { TebraStatus } from '#lib/contract/health.ts'
import { Button } from '../parts/button.tsx'
import { ageText } from '../parts/clinic-time.ts'
import { ForceBreakerDialog, type ForcedState } from './force-breaker-dialog.tsx'
import { HealthFact, HealthGroup } from './health-group.tsx'

export interface BreakerGroupProps {
  readonly status: TebraStatus
  readonly now: number
  readonly mayAct: boolean
  readonly onChanged: () => Promise<void>
}

const states = {
  closed: ['good', 'Closed', 'Calls to Tebra go through.'],
  'half-open': ['warn', 'Half-open', 'One call at a time tries whether Tebra is back.'],
  open: ['bad', 'Open', 'Calls to Tebra are held back until it recovers.'],
} as const

const deeds: Readonly<Record<ForcedState, string>> = {
  open: 'Hold open…',
  closed: 'Hold closed…',
  automatic: 'Let it decide…',
}

/** The circuit breaker of all workers, and an operator's hand on it. */
export function BreakerGroup({ status: { breaker }, now, mayAct, onChanged }: BreakerGroupProps) {
  const [asked, setAsked] = useState<ForcedState>()
  const [tone, name, text] = states[breaker.state]
  const { forced, since, reporters, epoch } = breaker
  const choices: readonly ForcedState[] = forced
    ? [forced === 'open' ? 'closed' : 'open', 'automatic']
    : ['open', 'closed']
  return (
    <HealthGroup title="Breaker" tone={forced ? 'warn' : tone} state={forced ? `Held ${forced}` : name}>
      <p className="muted">
        {forced === undefined ? text : `An operator holds it ${forced}, whatever the calls say.`}
        {since !== undefined && ` Since ${ageText(now - Date.parse(since))}.`}
      </p>
      <dl className="facts">
        <HealthFact name="Workers that see trouble" value={reporters} isBad={reporters > 0} />
        <HealthFact name="Changes" value={epoch} />
      </dl>
      {mayAct && (
        <div className="actions">
          {choices.map((state) => (
            <Button key={state} onClick={() => setAsked(state)}>
              {deeds[state]}
            </Button>
          ))}
        </div>
      )}
      {asked && (
        <ForceBreakerDialog state={asked} onClose={() => setAsked(undefined)} onChanged={onChanged} />
      )}
    </HealthGroup>
  )
}
