import { type SubmitEvent, useState } from 'react'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

/** A new password in the place of the one that is in use. */
export function PasswordPanel({ email }: { readonly email: string }) {
  const { ask, renewed } = useService()
  const deed = useDeed()
  const [isDone, setDone] = useState(false)

  async function change(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const form = event.currentTarget
    event.preventDefault()
    // Spaces belong to a password.
    const given = new FormData(form)
    const body = { current: given.get('current'), next: given.get('next') }
    setDone(false)
    const isChanged = await deed.run(() => ask('/auth/password', { method: 'POST', body }).then(renewed))
    if (isChanged) form.reset()
    setDone(isChanged)
  }
  return (
    <Panel title="Password" text="Your other sessions end when you change it.">
      <form method="post" className="form panel-body" onSubmit={(event) => void change(event)}>
        <input type="hidden" name="username" autoComplete="username" value={email} />
        {isDone && <Notice tone="info" title="Your password is changed" isAnnounced />}
        <div className="fields">
          <Field
            label="Current password"
            name="current"
            type="password"
            required
            autoComplete="current-password"
            error={deed.fieldErrors.current}
          />
          <Field
            label="New password"
            name="next"
            type="password"
            required
            minLength={8}
            autoComplete="new-password"
            hint="15 characters or more, or 8 beside a second factor; a few words are better than one with signs"
            error={deed.fieldErrors.next}
          />
        </div>
        <FormEnd deed={deed} fields={['current', 'next']} verb="Change the password" busyVerb="Changing…" />
      </form>
    </Panel>
  )
}
