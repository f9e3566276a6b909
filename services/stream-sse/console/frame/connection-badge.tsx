import type { ConnectionState } from '#lib/client/connection-state.ts'

type Tone = 'good' | 'busy' | 'bad' | 'off'

function describe(state: ConnectionState): readonly [Tone, string] {
  if (state.kind === 'open') return ['good', 'Live']
  if (state.kind === 'connecting') return ['busy', state.attempt === 0 ? 'Connecting' : 'Reconnecting']
  if (state.kind === 'waiting')
    return state.reason === 'offline' ? ['bad', 'Offline'] : ['busy', 'Reconnecting']
  return ['off', 'Not live']
}

/** Whether what is shown moves by itself. */
export function ConnectionBadge({ state }: { readonly state: ConnectionState }) {
  const [tone, text] = describe(state)
  return (
    <span className={`badge badge-${tone}`} role="status" data-testid="connection">
      <span className="badge-dot" aria-hidden="true" />
      {text}
    </span>
  )
}
