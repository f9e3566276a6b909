import type { ReactNode, SubmitEvent } from 'react'
import { Button } from './button.tsx'

export interface FilterFormProps {
  readonly name: string
  readonly onApply: (event: SubmitEvent<HTMLFormElement>) => void
  readonly isBusy?: boolean
  readonly children: ReactNode
}

/** The fields that narrow a list, in one row where there is room. */
export function FilterForm({ name, onApply, isBusy = false, children }: FilterFormProps) {
  return (
    <search>
      <form method="post" className="filters" aria-label={name} onSubmit={onApply}>
        {children}
        <Button isSubmit isBusy={isBusy}>
          Apply
        </Button>
      </form>
    </search>
  )
}
