export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'off'

/** A state in a word; the colour repeats what the word says. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className={`badge badge-${tone}`}>
      <span className="badge-dot" aria-hidden="true" />
      {children}
    </span>
  )
}
