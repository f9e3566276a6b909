import { type SubmitEvent, useState } from 'react'
import type { UserAccount } from '#lib/contract/users.ts'
import { FormEnd } from '../parts/form-end.tsx'
import { Panel } from '../parts/panel.tsx'
import { tickedIn } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { RoleChoice } from './role-choice.tsx'

export interface UserFormProps {
  readonly user: UserAccount
  readonly onDone: () => Promise<void>
}

/** A user's roles; in force with their next request. */
export function UserRolesForm({ user, onDone }: UserFormProps) {
  const { ask } = useService()
  const deed = useDeed()
  const [isEdited, setEdited] = useState(false)

  function save(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const body = { expectedVersion: user.version, roles: tickedIn(event.currentTarget, 'roles') }
    void deed.run(async () => {
      await ask(`/auth/users/${user.id}`, { method: 'PATCH', body })
      await onDone()
    })
  }
  return (
    <Panel title="Roles" text="A change is in force with the user’s next request, in every service.">
      <form method="post" className="form panel-body" onSubmit={save} onChange={() => setEdited(true)}>
        <RoleChoice isTitled given={user.roles} error={deed.fieldErrors.roles} />
        <FormEnd
          deed={deed}
          fields={['roles']}
          kind={isEdited ? 'primary' : 'plain'}
          verb="Save the roles"
          busyVerb="Saving…"
          isIdle={!isEdited}
        />
      </form>
    </Panel>
  )
}
