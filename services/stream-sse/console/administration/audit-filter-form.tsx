import { auditActions } from '#lib/contract/audit-actions.ts'
import { ChoiceField, Field } from '../parts/field.tsx'
import { FilterForm } from '../parts/filter-form.tsx'
import { readForm } from '../parts/read-form.ts'
import { instantOf } from '../parts/with-query.ts'

/** What narrows the audit log; what is undefined does not. */
export type AuditFilterValue = Readonly<
  Record<'action' | 'actor' | 'entity' | 'from' | 'to', string | undefined>
>
export const noAuditFilter: AuditFilterValue = {
  action: undefined,
  actor: undefined,
  entity: undefined,
  from: undefined,
  to: undefined,
}

const actions = auditActions.map((action) => [action, action] as const)

/** Narrows the log by what was done, by whom, to what, and when. */
export function AuditFilterForm({ onApply }: { readonly onApply: (filter: AuditFilterValue) => void }) {
  return (
    <FilterForm
      name="Filter the audit log"
      onApply={(event) => {
        const read = readForm(event)
        const given = (field: string) => read(field) || undefined
        onApply({
          action: given('action'),
          actor: given('actor'),
          entity: given('entity'),
          from: instantOf(read('from')),
          to: instantOf(read('to')),
        })
      }}
    >
      <ChoiceField label="Action" name="action" choices={[['', 'Any'], ...actions]} />
      <Field label="Who (id)" name="actor" autoComplete="off" spellCheck={false} />
      <Field
        label="What"
        name="entity"
        autoComplete="off"
        spellCheck={false}
        placeholder="Session, or User/0198…"
      />
      <Field label="From" name="from" type="datetime-local" />
      <Field label="To" name="to" type="datetime-local" />
    </FilterForm>
  )
}
