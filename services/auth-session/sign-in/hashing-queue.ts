export interface Queue {
  /** Runs the work in its turn; undefined, without running it, where the queue is full. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined
  /** What waits or runs. */
  size(): number
}

/** At most `concurrency` at a time, at most `queueMax` waiting behind them. */
export function createQueue(options: { concurrency: number; queueMax: number }): Queue {
  const waiting: (() => void)[] = []
  let running = 0

  const turn = (): Promise<void> => {
    if (running < options.concurrency) {
      running += 1
      return Promise.resolve()
    }
    // The one who finishes hands over its place, so `running` stays as it is.
    return new Promise((resolve) => waiting.push(resolve))
  }
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    run(work) {
      if (waiting.length >= options.queueMax && running >= options.concurrency) return undefined
      return turn().then(work).finally(leave)
    },
    size: () => running + waiting.length,
  }
}
