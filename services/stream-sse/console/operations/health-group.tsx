import { type ReactNode, useId } from 'react'
import { Badge, type Tone } from '../parts/badge.tsx'

export interface HealthGroupProps {
  readonly title: string
  readonly tone: Tone
  readonly state: string
  readonly children: ReactNode
}

/** One part of the system with its state in a word. */
export function HealthGroup({ title, tone, state, children }: HealthGroupProps) {
  const id = useId()
  return (
    <section className="card health-group" aria-labelledby={id}>
      <h2 id={id}>
        {title} <Badge tone={tone}>{state}</Badge>
      </h2>
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
