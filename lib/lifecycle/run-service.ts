import { setImmediate as endOfTurn } from 'node:timers/promises'
import { ConfigError } from '#lib/config/read-config.ts'
import type { Logger } from '#lib/observability/logger.ts'

/** Cloud Run gives 10 s between SIGTERM and SIGKILL; we end within 8. */
export const drainDeadlineMs = 8_000

/** The part of `process` that starting and ending needs. */
interface Signals {
  readonly stderr: { write(text: string): unknown }
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
  on(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown
  exit(code: number): void
}

/**
 * Ends the process well: on SIGTERM or SIGINT `drain` runs once and the process exits 0, or 1 when it took longer
 * than 8 s. An unknown rejection is logged and stops the process; the platform restarts it.
 */
export function endOnSignals(deps: { signals: Signals; logger: Logger; drain: () => Promise<void> }): void {
  const { signals, logger } = deps
  let ending = false
  const exit = (code: number): void => {
    logger.flush()
    signals.exit(code)
  }

  const end = (signal: string) => {
    if (ending) return
    ending = true
    logger.info({ signal }, 'draining')
    const late = setTimeout(() => {
      logger.error({ drainDeadlineMs }, 'draining took too long')
      exit(1)
    }, drainDeadlineMs)
    deps.drain().then(
      () => {
        clearTimeout(late)
        logger.info('drained')
        exit(0)
      },
      (error: unknown) => {
        logger.error({ err: error }, 'draining failed')
        exit(1)
      },
    )
  }

  signals.on('SIGTERM', () => end('SIGTERM'))
  signals.on('SIGINT', () => end('SIGINT'))
  const stop = (error: unknown) => {
    logger.fatal({ err: error }, 'unhandled error')
    exit(1)
  }
  signals.on('unhandledRejection', stop)
  signals.on('uncaughtException', stop)
}

/**
 * Runs `start`; what keeps it from starting ends the process with exit code 1. An operator's mistake is told in plain
 * words; a programming error shows its stack.
 */
export async function startOrExplain(signals: Signals, start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    signals.stderr.write(`${explain(error)}\n`)
    // What this turn has logged is written at its end.
    await endOfTurn()
    signals.exit(1)
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'could not start'
  const ours = error.constructor === Error || error instanceof ConfigError
  return ours ? error.message : (error.stack ?? error.message)
}
