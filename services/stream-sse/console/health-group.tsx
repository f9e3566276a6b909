import type { ReactNode } from 'react'

export interface HealthGroupProps {
  readonly title: string
  readonly tone: 'good' | 'warn' | 'bad'
  readonly state: string
  readonly children: ReactNode
}

/** One part of the system with its state in a word. */
export function HealthGroup({ title, tone, state, children }: HealthGroupProps) {
  return (
    <section className="health-group">
      <h3>
        {title}
        <span className={`badge badge-${tone}`}>
          <span className="badge-dot" aria-hidden="true" />
          {state}
        </span>
      </h3>
      {children}
    </section>
  )
}

export interface HealthFactProps {
  readonly name: string
  readonly value: string | number
  readonly isBad?: boolean
}

/** One number with its name, inside a `dl`. */
export function HealthFact({ name, value, isBad = false }: HealthFactProps) {
  return (
    <div className={isBad ? 'fact fact-bad' : 'fact'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
