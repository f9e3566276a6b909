import { type SubmitEvent, useState } from 'react'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import type { UserFormProps } from './user-roles-form.tsx'

/** A new first password for who has forgotten theirs. */
export function UserPasswordForm({ user, onDone }: UserFormProps) {
  const { ask } = useService()
  const deed = useDeed()
  const [isDone, setDone] = useState(false)

  async function save(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const form = event.currentTarget
    event.preventDefault()
    const body = { expectedVersion: user.version, password: new FormData(form).get('password') }
    const isSaved = await deed.run(async () => {
      await ask(`/auth/users/${user.id}`, { method: 'PATCH', body })
      await onDone()
    })
    if (isSaved) form.reset()
    setDone(isSaved)
  }
  return (
    <Panel title="Password" text="The user’s sessions end, and a lock after too many wrong tries is lifted.">
      <form method="post" className="form panel-body" onSubmit={(event) => void save(event)}>
        {isDone && <Notice tone="info" title="The new password is set" isAnnounced />}
        <Field
          label="New password"
          name="password"
          type="password"
          required
          minLength={8}
          autoComplete="new-password"
          hint="15 characters or more, or 8 beside a second factor. Tell it to them in person."
          error={deed.fieldErrors.password}
        />
        <FormEnd deed={deed} fields={['password']} verb="Set the password" busyVerb="Setting…" />
      </form>
    </Panel>
  )
}
