import type { IdentityList } from '#lib/contract/federation.ts'
import { IdentitiesPanel } from '../parts/identities-panel.tsx'
import { useReading } from '../parts/use-reading.ts'

const path = '/auth/identities'

/** Accounts elsewhere that sign a person in here; who has none has nothing to look after. */
export function OwnIdentities() {
  const identities = useReading<IdentityList>(path)
  if (!identities.data?.identities.length) return null
  return (
    <IdentitiesPanel
      text="Accounts elsewhere that sign you in here. An administrator links more."
      path={path}
      identities={identities}
    />
  )
}
