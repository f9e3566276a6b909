import { cores } from '../harness/pinning.ts'
import { cpuSecondsOf, privateKbOf } from '../harness/process-figures.ts'
import { runProgram } from '../harness/run-program.ts'
import { startGenerator } from './generator.ts'
import type { Heard } from './listen-input.ts'
import { Published, type PublishInput } from './publish-input.ts'
import type { RunningHub, StartHub } from './sides.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Long enough that what was sent has arrived, and that memory has come to rest. */
const restMs = 1_000

const publish = (hub: RunningHub, flow: Omit<PublishInput, 'to'>) =>
  runProgram(
    new URL('./publish.ts', import.meta.url),
    { to: hub.to, ...flow },
    { core: cores.redis, schema: Published },
  )

async function withHub<T>(start: StartHub, use: (hub: RunningHub) => Promise<T>): Promise<T> {
  const hub = await start()
  try {
    return await use(hub)
  } finally {
    await hub.stop()
  }
}

export interface Flow {
  readonly kbPerConnection: number
  readonly cpuUsPerDelivery: number
  readonly heard: Heard
}

/**
 * Connections that all hear a steady flow. CPU is the server's whole process, from the first event to the last; memory
 * is what its private pages grow by when as many connections come on top of those, which have filled what there is once.
 */
export const runFlow = (
  start: StartHub,
  load: { connections: number; perSecond: number; seconds: number },
): Promise<Flow> =>
  withHub(start, async (hub) => {
    const { pid } = hub.server.process
    const { connections } = load
    const generator = startGenerator(hub, { connections })
    await generator.reached('open')
    await wait(restMs)
    const kbBefore = await privateKbOf(pid)
    const onTop = startGenerator(hub, { connections })
    await onTop.reached('open')
    await wait(restMs)
    const kbPerConnection = ((await privateKbOf(pid)) - kbBefore) / connections
    await onTop.heard()

    const events = load.perSecond * load.seconds
    const cpuBefore = await cpuSecondsOf(pid)
    await publish(hub, { events, perSecond: load.perSecond, padding: 120 })
    await wait(restMs)
    const cpuUs = ((await cpuSecondsOf(pid)) - cpuBefore) * 1e6
    const heard = await generator.heard()
    return { kbPerConnection, cpuUsPerDelivery: cpuUs / (events * connections), heard }
  })

/** Connections that are cut at random while events flow, and come back with the last id that they read. */
export const runReconnects = (start: StartHub, reconnects: number): Promise<Heard> =>
  withHub(start, async (hub) => {
    const perSecond = 250
    const generator = startGenerator(hub, { connections: 100, reconnects, reconnectsPerSecond: perSecond })
    await generator.reached('open')
    // Events go on for longer than the cuts, so that each gap is followed by events that show it.
    const rate = 100
    const flow = publish(hub, { events: rate * (reconnects / perSecond + 4), perSecond: rate, padding: 120 })
    await Promise.all([generator.reached('reconnected'), flow])
    await wait(restMs)
    return generator.heard()
  })

export interface Stall {
  readonly kbPerClient: number
  readonly mbSent: number
}

/**
 * Clients that read nothing while far more is sent than the system's buffers take (about 3.6 MB each here). What the
 * server's own memory grows by from when those have taken all until long after they are full.
 */
export const runStall = (start: StartHub, clients: number): Promise<Stall> =>
  withHub(start, async (hub) => {
    const { pid } = hub.server.process
    const flow = { perSecond: 100, padding: 16_384 }
    const [taken, beyond] = [150, 500]
    const stalled = startGenerator(hub, { connections: clients, stalled: true })
    await stalled.reached('open')
    await publish(hub, { ...flow, events: taken })
    await wait(restMs)
    const kbBefore = await privateKbOf(pid)
    await publish(hub, { ...flow, events: beyond })
    await wait(restMs)
    const kbPerClient = ((await privateKbOf(pid)) - kbBefore) / clients
    await stalled.heard()
    return { kbPerClient, mbSent: ((taken + beyond) * flow.padding) / 2 ** 20 }
  })
