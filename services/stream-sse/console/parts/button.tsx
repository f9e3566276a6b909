import type { ReactNode } from 'react'

export interface ButtonProps {
  readonly children: ReactNode
  readonly onClick?: () => void
  readonly kind?: 'primary' | 'danger' | 'quiet' | 'plain'
  readonly isSubmit?: boolean
  /** It can be focused and says so, and does nothing. */
  readonly isBusy?: boolean
  /** What it does to which one, where the text alone does not tell. */
  readonly label?: string
}

/** A small button as the pages use it: one that is busy stays where the focus is. */
export function Button({ children, onClick, kind = 'plain', isSubmit, isBusy = false, label }: ButtonProps) {
  return (
    <button
      type={isSubmit ? 'submit' : 'button'}
      className={`button button-small button-${kind}`}
      aria-disabled={isBusy || undefined}
      aria-label={label}
      onClick={(event) => {
        if (isBusy) event.preventDefault()
        else onClick?.()
      }}
    >
      {children}
    </button>
  )
}
