import { type ReactNode, useId } from 'react'

export interface PanelProps {
  readonly title: string
  readonly text?: string | undefined
  /** What can be done with all of it, beside the title. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** One matter of a page. */
export function Panel({ title, text, actions, children }: PanelProps) {
  const id = useId()
  return (
    <section className="card panel" aria-labelledby={id}>
      <div className="panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {text !== undefined && <p className="muted">{text}</p>}
        </div>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </div>
      {children}
    </section>
  )
}
