/** Does `task` every so many ms until stopped, never twice at the same time; a failure is told and the next one comes. */
export function repeatEvery(
  everyMs: number,
  onFailure: (error: unknown) => void,
  task: () => void | Promise<void>,
): () => void {
  let running = false
  const run = async (): Promise<void> => {
    if (running) return
    running = true
    try {
      await task()
    } catch (error) {
      onFailure(error)
    } finally {
      running = false
    }
  }
  const timer = setInterval(() => void run(), everyMs)
  return () => clearInterval(timer)
}
