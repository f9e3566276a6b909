import type { IdentityList, ProviderList, ProviderWay } from '#lib/contract/federation.ts'
import { Button } from '../parts/button.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { IdentitiesPanel } from '../parts/identities-panel.tsx'
import { inWords } from '../parts/names.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { useReading } from '../parts/use-reading.ts'

const path = '/auth/identities'
const returnTo = '/console/#/account'

/** Accounts elsewhere that sign a person in here, and a way to link one where somebody else can vouch for people. */
export function OwnIdentities() {
  const { ask } = useService()
  const identities = useReading<IdentityList>(path)
  const { data } = useReading<ProviderList>('/auth/providers')
  const deed = useDeed()
  const providers = data?.providers ?? []
  if (providers.length === 0 && !identities.data?.identities.length) return null

  const link = (id: string) =>
    deed.run(async () => {
      const way = await ask<ProviderWay>(`/auth/oidc/${id}/link`, { method: 'POST', body: { returnTo } })
      location.assign(way.location)
    })
  return (
    <IdentitiesPanel text="Accounts elsewhere that sign you in here." path={path} identities={identities}>
      {providers.length > 0 && (
        <div className="panel-body panel-end">
          <DeedError deed={deed} />
          <div className="actions">
            {providers.map(({ id }) => (
              <Button key={id} isBusy={deed.isBusy} onClick={() => void link(id)}>
                {`Link your account at ${inWords(id)}`}
              </Button>
            ))}
          </div>
        </div>
      )}
    </IdentitiesPanel>
  )
}
