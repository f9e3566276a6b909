import { useEffect, useState } from 'react'
import { callService } from '#lib/client/call-service.ts'
import type { ProviderList } from '#lib/contract/federation.ts'
import { inWords } from '../parts/names.ts'

const returnTo = '/console/'

/** Where somebody else can vouch for a person, a way there for each; nothing where there is nobody, or no answer. */
export function ProviderLinks() {
  const [providers, setProviders] = useState<ProviderList['providers']>([])
  useEffect(() => {
    callService<ProviderList>((url, init) => fetch(url, init), '/auth/providers').then(
      (answer) => setProviders(answer.providers),
      () => {},
    )
  }, [])
  return providers.map(({ id }) => (
    <a key={id} className="button" href={`/auth/oidc/${id}/start?${new URLSearchParams({ returnTo })}`}>
      {`Sign in with ${inWords(id)}`}
    </a>
  ))
}
