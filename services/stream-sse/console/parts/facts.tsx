import type { ReactNode } from 'react'

/** Names and values of one thing, below each other. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className="record">{children}</dl>
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
