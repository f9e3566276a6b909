import type { SubmitEvent } from 'react'
import type { IdentityList, ProviderList } from '#lib/contract/federation.ts'
import { ChoiceField, Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { IdentitiesPanel } from '../parts/identities-panel.tsx'
import { inWords } from '../parts/names.ts'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { useReading } from '../parts/use-reading.ts'

/** Accounts at identity providers that sign in as a user: an administrator vouches for each. */
export function UserIdentities({ userId }: { readonly userId: string }) {
  const { ask } = useService()
  const path = `/auth/users/${userId}/identities`
  const identities = useReading<IdentityList>(path)
  const { data } = useReading<ProviderList>('/auth/providers')
  const deed = useDeed()

  function link(event: SubmitEvent<HTMLFormElement>): void {
    const form = event.currentTarget
    const text = readForm(event)
    void deed.run(async () => {
      const body = { provider: text('provider'), subject: text('subject') }
      await ask(path, { method: 'POST', body })
      form.reset()
      await identities.reload()
    })
  }
  if (data === undefined || (data.providers.length === 0 && !identities.data?.identities.length)) return null
  return (
    <IdentitiesPanel text="Accounts elsewhere that sign this user in." path={path} identities={identities}>
      {data.providers.length > 0 && (
        <form method="post" className="form panel-body panel-end" onSubmit={link}>
          <div className="fields">
            <ChoiceField
              label="Provider"
              name="provider"
              choices={data.providers.map(({ id }) => [id, inWords(id)])}
              error={deed.fieldErrors.provider}
            />
            <Field
              label="Account there"
              name="subject"
              required
              maxLength={255}
              autoComplete="off"
              hint="The provider’s own id of the person (its claim “sub”), not the e-mail address."
              error={deed.fieldErrors.subject}
            />
          </div>
          <FormEnd deed={deed} fields={['provider', 'subject']} verb="Link it" busyVerb="Linking…" />
        </form>
      )}
    </IdentitiesPanel>
  )
}
