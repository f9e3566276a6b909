import type { Generated, GeneratorInput } from './generator-input.ts'

const warmUpMs = 1_000

/** One request from begin to end; resolves when it has ended, by whatever way it is told. */
export type Ask = (index: number) => Promise<void>

/** Puts the load on `ask` and times each call. The first second warms up and is not counted. */
export async function drive(
  load: GeneratorInput['load'],
  ask: Ask,
): Promise<Omit<Generated, 'lost' | 'doubled'>> {
  const startedAt = performance.now()
  const countedFrom = startedAt + warmUpMs
  const until = countedFrom + load.seconds * 1_000
  const latencies: number[] = []
  let cpuFrom = process.cpuUsage()
  setTimeout(() => {
    cpuFrom = process.cpuUsage()
  }, warmUpMs)

  let next = 0
  const once = async (): Promise<void> => {
    const begunAt = performance.now()
    await ask(next++)
    const endedAt = performance.now()
    if (begunAt >= countedFrom && endedAt <= until + warmUpMs) latencies.push(endedAt - begunAt)
  }
  if (load.kind === 'closed') await closed(load.width, until, once)
  else await atRate(load.perSecond, until, once)

  const { user, system } = process.cpuUsage(cpuFrom)
  return {
    latencies,
    asked: next,
    perSecond: (latencies.length * 1_000) / (performance.now() - countedFrom),
    cpuShare: (user + system) / 1_000 / (performance.now() - countedFrom),
  }
}

async function closed(width: number, until: number, once: () => Promise<void>): Promise<void> {
  const line = async () => {
    while (performance.now() < until) await once()
  }
  await Promise.all(Array.from({ length: width }, line))
}

async function atRate(perSecond: number, until: number, once: () => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  const all: Promise<void>[] = []
  while (performance.now() < until) {
    const due = ((performance.now() - startedAt) * perSecond) / 1_000
    while (all.length < due) all.push(once())
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(all)
}
