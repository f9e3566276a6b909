import type { ReactNode } from 'react'

export interface PageTitleProps {
  readonly title: string
  readonly text?: string
  /** Where this page was come from. */
  readonly back?: { readonly href: string; readonly name: string }
  readonly actions?: ReactNode
}

/** What the page is, in the words of its link. */
export function PageTitle({ title, text, back, actions }: PageTitleProps) {
  return (
    <div className="page-title">
      <div>
        {back && (
          <a className="back-link" href={back.href}>
            ← {back.name}
          </a>
        )}
        <h1>{title}</h1>
        {text !== undefined && <p className="muted">{text}</p>}
      </div>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </div>
  )
}
