import type { SubmitEvent } from 'react'
import { Dialog } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { readForm } from '../parts/read-form.ts'
import { useDeed } from '../parts/use-deed.ts'

export interface NameDialogProps {
  readonly title: string
  readonly verb: string
  readonly name?: string
  readonly hint?: string
  readonly onName: (name: string) => Promise<unknown>
  readonly onClose: () => void
}

/** Asks for a name and stays until something was done with it. */
export function NameDialog({ title, verb, name, hint, onName, onClose }: NameDialogProps) {
  const deed = useDeed()
  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const given = readForm(event)('name')
    if (await deed.run(() => onName(given))) onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form method="post" className="form" onSubmit={(event) => void submit(event)}>
        <Field
          label="Name"
          name="name"
          hint={hint}
          defaultValue={name}
          required
          maxLength={64}
          autoFocus
          autoComplete="off"
          error={deed.fieldErrors.name}
        />
        <FormEnd
          deed={deed}
          fields={['name']}
          kind="primary"
          verb={verb}
          busyVerb={`${verb}…`}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
