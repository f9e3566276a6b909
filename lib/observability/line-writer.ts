import { type DestinationStream, pino } from 'pino'

export interface LineWriter extends DestinationStream {
  /** Writes what waits, before the process ends. */
  flush(): void
}

/**
 * Writes the lines of one turn of the event loop in one call: a call for each line costs more than the line itself.
 * What an end by `process.exit` or by an unhandled error would leave behind is flushed (run-service.ts); a process that
 * is killed loses the lines of its last turn, as it loses those that it did not come to.
 */
export function createLineWriter(target: number | string): LineWriter {
  const file = pino.destination({ dest: target, sync: true })
  let waiting = ''
  const flush = (): void => {
    if (waiting === '') return
    const lines = waiting
    waiting = ''
    file.write(lines)
  }
  return {
    write(line) {
      if (waiting === '') setImmediate(flush)
      waiting += line
    },
    flush,
  }
}
