import { setTimeout as pause } from 'node:timers/promises'
import type { AuthDeps } from '../auth-deps.ts'
import { endEmergency } from './end-emergency.ts'

export interface Sweep {
  stop(): Promise<void>
}

/**
 * Ends what is due, whoever began it: every instance looks each `everyMs`, and Redis gives each use to one of them.
 * Time alone has narrowed the permissions already; this writes it down.
 */
export function sweepEmergencies(
  deps: Pick<AuthDeps, 'audit' | 'redis' | 'bus' | 'emergencies' | 'logger'>,
  everyMs = 1_000,
): Sweep {
  const stopping = new AbortController()
  const { signal } = stopping
  let failures = 0

  const step = async (): Promise<void> => {
    for (const use of await deps.emergencies.due()) await endEmergency(deps, use)
    if (failures > 0) deps.logger.info({ failures }, 'emergency access is swept again')
    failures = 0
  }

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await step()
      } catch (error) {
        failures += 1
        if (failures === 1) deps.logger.error({ err: error }, 'emergency access is not swept')
      }
      // Rejects only when a stop interrupts the pause.
      await pause(everyMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const running = run()

  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
