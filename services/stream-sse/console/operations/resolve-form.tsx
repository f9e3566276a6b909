import type { SubmitEvent } from 'react'
import { ChoiceField, TextField } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Panel } from '../parts/panel.tsx'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

const outcomes = [
  ['error', 'It was not done and will not be'],
  ['success', 'It was done, here or in Tebra'],
  ['cancelled', 'Nobody needs it any more'],
] as const

/** Settles a dead letter by hand, with a note for whoever asks later. */
export function ResolveForm({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const { ask } = useService()
  const deed = useDeed()

  async function resolve(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const read = readForm(event)
    const body = { outcome: read('outcome'), note: read('note') }
    const path = `/tebra/dead-letters/${id}/resolve`
    if (await deed.run(() => ask(path, { method: 'POST', body }))) onDone()
  }
  return (
    <Panel title="Settle it" text="It leaves the list for good; the record keeps your note.">
      <form method="post" className="form panel-body" onSubmit={(event) => void resolve(event)}>
        <ChoiceField label="What became of it" name="outcome" choices={outcomes} />
        <TextField
          label="Note"
          name="note"
          maxLength={500}
          isRequired
          hint="Who looked, and what was found. It is kept encrypted."
          error={deed.fieldErrors.note}
        />
        <FormEnd deed={deed} fields={['note']} verb="Settle" busyVerb="Settling…" />
      </form>
    </Panel>
  )
}
