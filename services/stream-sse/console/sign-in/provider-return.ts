/** How a sign-in by an identity provider came out where it did not simply succeed. */
export type ProviderReturn =
  | { readonly kind: 'mfa-required'; readonly challengeId: string; readonly methods: readonly string[] }
  | { readonly kind: 'refused'; readonly code: string }

/**
 * Reads what the way back from a provider left in the fragment, which no server sees, and takes it out of the address,
 * so that it is told once.
 */
export function takeProviderReturn(): ProviderReturn | undefined {
  const told = new URLSearchParams(location.hash.slice(1))
  const code = told.get('sign-in')
  if (code === null) return undefined
  history.replaceState(null, '', location.pathname + location.search)
  const challengeId = told.get('challengeId')
  if (code !== 'mfa-required' || challengeId === null) return { kind: 'refused', code }
  return { kind: 'mfa-required', challengeId, methods: told.get('methods')?.split(',') ?? [] }
}

/** Who comes back from a link that was refused is led to their account, which tells it. */
export function leadToRefusedLink(): void {
  const code = new URLSearchParams(location.hash.slice(1)).get('link')
  if (code !== null) history.replaceState(null, '', `#/account/${code}`)
}
