import type { SubmitEvent } from 'react'
import { Dialog } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { readForm, tickedIn } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { RoleChoice } from './role-choice.tsx'

export interface NewUserDialogProps {
  readonly onClose: () => void
  readonly onDone: () => Promise<void>
}

/** An account for somebody new. */
export function NewUserDialog({ onClose, onDone }: NewUserDialogProps) {
  const { ask } = useService()
  const deed = useDeed()

  async function add(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const read = readForm(event)
    const roles = tickedIn(event.currentTarget, 'roles')
    const body = { email: read('email'), password: read('password'), roles }
    const isDone = await deed.run(async () => {
      await ask('/auth/users', { method: 'POST', body })
      await onDone()
    })
    if (isDone) onClose()
  }
  const { email, password, roles } = deed.fieldErrors
  return (
    <Dialog title="Add a user" onClose={onClose}>
      <form method="post" className="form" onSubmit={(event) => void add(event)}>
        <Field
          label="E-mail address"
          name="email"
          type="email"
          required
          autoFocus
          autoComplete="off"
          error={email}
        />
        <Field
          label="First password"
          name="password"
          type="password"
          required
          minLength={15}
          autoComplete="new-password"
          hint="15 characters or more. Tell it to them in person; they change it when they first sign in."
          error={password}
        />
        <RoleChoice error={roles} />
        <FormEnd
          deed={deed}
          fields={['email', 'password', 'roles']}
          kind="primary"
          verb="Add"
          busyVerb="Adding…"
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
