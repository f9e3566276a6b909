import { setTimeout as sleep } from 'node:timers/promises'

/** Calls `round` until stopped, never rejecting; after each failure in a row it waits twice as long, from `everyMs` on. */
export async function repeatPatiently(
  round: () => Promise<void>,
  options: { everyMs: number; waitMsMax: number; signal: AbortSignal; onFailure: (error: unknown) => void },
): Promise<void> {
  const { signal, everyMs, waitMsMax } = options
  for (let failures = 0; !signal.aborted; ) {
    try {
      await round()
      failures = 0
    } catch (error) {
      failures += 1
      options.onFailure(error)
    }
    await sleep(Math.min(waitMsMax, everyMs * 2 ** failures), undefined, { signal }).catch(() => {})
  }
}
