const names = ['pointerdown', 'keydown', 'wheel', 'touchmove']

/** Calls back when a person does something in the page; returns the way to stop. Outside a page nobody does. */
export function onPageActivity(listener: () => void): () => void {
  if (typeof window === 'undefined') return () => undefined
  const stop = new AbortController()
  const options = { signal: stop.signal, passive: true, capture: true }
  for (const name of names) window.addEventListener(name, listener, options)
  return () => stop.abort()
}
