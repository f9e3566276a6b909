import { useMemo, useSyncExternalStore } from 'react'

const subscribe = (onChange: () => void) => {
  window.addEventListener('hashchange', onChange)
  return () => window.removeEventListener('hashchange', onChange)
}

/** Where in the console one is: the parts of `#/dead-letters/<id>`. Ids only ever stand there, and the fragment is never sent. */
export function useRoute(): readonly string[] {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return useMemo(() => (hash.startsWith('#/') ? hash.slice(2).split('/').filter(Boolean) : []), [hash])
}

export const routeTo = (...parts: readonly string[]): string => `#/${parts.join('/')}`

/** Goes there without a click; `replace` leaves no step back. */
export function go(href: string, replace = false): void {
  if (replace) location.replace(href)
  else location.assign(href)
}
