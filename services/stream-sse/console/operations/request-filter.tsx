import { useState } from 'react'
import { ChoiceField, Field } from '../parts/field.tsx'
import { FilterForm } from '../parts/filter-form.tsx'
import { readForm } from '../parts/read-form.ts'
import { instantOf } from '../parts/with-query.ts'
import { useCatalogue } from './use-catalogue.ts'

/** What narrows a list of requests; what is undefined does not. */
export type RequestFilterValue = Readonly<
  Record<'status' | 'action' | 'reason' | 'userId' | 'from' | 'to', string | undefined>
>

export const noFilter: RequestFilterValue = {
  status: undefined,
  action: undefined,
  reason: undefined,
  userId: undefined,
  from: undefined,
  to: undefined,
}

export interface RequestFilterProps {
  readonly name: string
  readonly states: readonly (readonly [value: string, text: string])[]
  /** Free fields beside status, action and time. */
  readonly extra?: { readonly name: 'reason' | 'userId'; readonly label: string }
  readonly onApply: (filter: RequestFilterValue) => void
}

/** Narrows requests or dead letters by how they stand, what they ask, and when. */
export function RequestFilter({ name, states, extra, onApply }: RequestFilterProps) {
  const catalogue = useCatalogue()
  const [isWrong, setWrong] = useState(false)
  const actions = catalogue.data?.actions.map((action) => [action.name, action.name] as const) ?? []
  return (
    <FilterForm
      name={name}
      onApply={(event) => {
        const read = readForm(event)
        const given = (field: string) => read(field) || undefined
        const [from, to] = [instantOf(read('from')), instantOf(read('to'))]
        setWrong(from !== undefined && to !== undefined && from >= to)
        onApply({
          status: given('status'),
          action: given('action'),
          reason: given('reason'),
          userId: given('userId'),
          from,
          to,
        })
      }}
    >
      <ChoiceField label="Status" name="status" choices={[['', 'Any'], ...states]} />
      <ChoiceField label="Action" name="action" choices={[['', 'Any'], ...actions]} />
      {extra && <Field label={extra.label} name={extra.name} autoComplete="off" spellCheck={false} />}
      <Field label="From" name="from" type="datetime-local" />
      <Field
        label="To"
        name="to"
        type="datetime-local"
        error={isWrong ? 'Nothing lies between: it is before “From”' : undefined}
      />
    </FilterForm>
  )
}
