import type { ClientEnvironment } from './client-environment.ts'
import type { ConnectionState, WaitReason } from './connection-state.ts'
import { untilChange } from './wait.ts'

export interface Turn {
  readonly reason: WaitReason
  readonly delayMs: number
  /** Whether the server named the delay; then nothing shortens it. */
  readonly isImposed: boolean
  readonly attempt: number
  /** How often an offline page tries all the same: what a browser says of its network is a hint only. */
  readonly probeMs: number
}

/**
 * Waits until the next try is due. A hidden tab waits until it is seen, so that background tabs leave a returning server
 * alone; coming online or into view ends a wait the server did not ask for. Tells each state it is in.
 */
export async function waitForTurn(
  turn: Turn,
  environment: ClientEnvironment,
  signal: AbortSignal,
  tell: (state: ConnectionState) => void,
): Promise<void> {
  const startedAt = environment.now()
  const due = startedAt + turn.delayMs
  let told: string | undefined
  let wasAway = turn.reason === 'offline'
  while (!signal.aborted) {
    const offline = !environment.isOnline()
    const hidden = !environment.isVisible()
    const cameBack = wasAway && !offline && !hidden
    if (offline || hidden) wasAway = true
    const retryAt = hidden
      ? undefined
      : offline
        ? startedAt + Math.max(turn.delayMs, turn.probeMs)
        : cameBack && !turn.isImposed
          ? environment.now()
          : due
    if (retryAt !== undefined && retryAt <= environment.now()) return
    const reason = offline ? 'offline' : hidden ? 'hidden' : turn.reason
    if (told !== `${reason} ${retryAt}`) tell({ kind: 'waiting', reason, attempt: turn.attempt, retryAt })
    told = `${reason} ${retryAt}`
    // The timer counts, not the clock, which a computer may set back while one waits.
    if ((await untilChange(environment, retryAt, signal)) === 'due') return
  }
}
