import type { SubmitEvent } from 'react'
import { Dialog } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { readForm, tickedIn } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import type { ProgramSecret } from './programs-page.tsx'
import { RoleChoice } from './role-choice.tsx'

export interface NewProgramDialogProps {
  readonly onClose: () => void
  readonly onMade: (made: ProgramSecret) => Promise<void>
}

/** An account for a program, which then has a secret to be shown. */
export function NewProgramDialog({ onClose, onMade }: NewProgramDialogProps) {
  const { ask } = useService()
  const deed = useDeed()

  function add(event: SubmitEvent<HTMLFormElement>): void {
    const body = { name: readForm(event)('name'), roles: tickedIn(event.currentTarget, 'roles') }
    void deed.run(async () =>
      onMade(await ask<ProgramSecret>('/auth/service-accounts', { method: 'POST', body })),
    )
  }
  return (
    <Dialog title="Add a program" onClose={onClose}>
      <form method="post" className="form" onSubmit={add}>
        <Field
          label="Name"
          name="name"
          required
          maxLength={80}
          autoFocus
          autoComplete="off"
          error={deed.fieldErrors.name}
        />
        <RoleChoice without={['admin']} error={deed.fieldErrors.roles} />
        <FormEnd
          deed={deed}
          fields={['name', 'roles']}
          kind="primary"
          verb="Add"
          busyVerb="Adding…"
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
