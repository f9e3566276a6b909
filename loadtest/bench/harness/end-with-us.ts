import type { Child } from '../../../lib/processes/child.ts'

const running = new Set<Child>()
process.once('exit', () => {
  for (const child of running) child.process.kill('SIGKILL')
})
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/** Sees to it that a benchmark that fails or is stopped leaves no process behind. */
export function endWithUs(child: Child): Child {
  running.add(child)
  void child.exited.then(() => running.delete(child))
  return child
}
