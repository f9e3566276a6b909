import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys as keys } from '#lib/redis/keys.ts'
import { createLock, type Hold } from '#lib/redis/lock.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadScript } from '#lib/redis/script.ts'
import { readQueueFigures } from '../queue/queue-figures.ts'
import type { AlertBook } from './alert-book.ts'
import type { AlertSink } from './alert-sinks.ts'
import { repeatPatiently } from './repeat-patiently.ts'
import { createSampler } from './status-samples.ts'
import { type Thresholds, watchPractices, watchQueue } from './watch-sources.ts'

const advanceScript = loadScript<number>(new URL('./advance.lua', import.meta.url))

const toldAtOnce = 50
const tellAgainMsMax = 300_000
/** Whoever is told for the first time hears of the last hour. */
const newSinkHearsMs = 3_600_000

interface Deps {
  readonly redis: RedisClient
  readonly partitions: Partitions
  readonly book: AlertBook
  readonly logger: Logger
  readonly sinks: readonly AlertSink[]
  readonly thresholds: Thresholds
  /** Each practice, and the name of its Tebra account. */
  readonly practices: readonly { practiceId: string; account: string }[]
  /** The process's name in the fleet. */
  readonly name: string
  readonly leaseMs: number
}

/**
 * Every process of the service would watch; one does, under a lock: intakes too, for somebody must say that no worker
 * is left. Each sink has its own place in the stream of alerts, so that a deaf one holds up nobody; a new watch goes on
 * where the old one was.
 */
export function startWatch(deps: Deps): { stop(): Promise<void> } {
  const { redis, book, logger, leaseMs } = deps
  const stopping = new AbortController()
  const everyMs = leaseMs / 5
  const lock = createLock({ redis, key: keys.watch, owner: deps.name, heldMs: leaseMs })
  const sample = createSampler(redis)
  let watch: Hold | undefined

  const look = async (): Promise<void> => {
    watch = await lock.take()
    if (!watch) return
    const figures = await readQueueFigures(redis, deps.partitions)
    await sample(figures)
    const standing = await book.open()
    const seen = [
      ...(await watchQueue(redis, figures, deps.thresholds)),
      ...(await watchPractices(redis, deps.partitions, deps.practices)),
    ]
    const isOpen = (kind: string, subject: string) =>
      standing.some((alert) => alert.kind === kind && alert.subject === subject)
    // A worker that is gone, or whose requests are another's by now, is not seen any more.
    const vanished = standing
      .filter(({ kind }) => kind === 'worker-dead' || kind === 'worker-stalled')
      .filter(({ kind, subject }) => !seen.some((one) => one.kind === kind && one.subject === subject))
      .map(({ kind, subject }) => ({ kind, subject, reason: 'gone', stands: false }))
    const told = [...seen, ...vanished].filter(
      ({ kind, subject, stands }) => stands !== isOpen(kind, subject),
    )
    await book.tell(told, watch)
  }

  const lastHour = async (): Promise<string> => {
    const [seconds] = await redis.time()
    return `${Number(seconds) * 1_000 - newSinkHearsMs}-0`
  }

  const deliver = async (sink: AlertSink): Promise<void> => {
    if (!watch) return
    const cursor = (await redis.hget(keys.alertsTold, sink.name)) ?? (await lastHour())
    for (const alert of await book.after(cursor, toldAtOnce)) {
      await sink.tell(alert)
      const held = watch
      if (!held) return
      const mine = await advanceScript(redis, [keys.alertsTold, held.lock], [sink.name, alert.id, held.fence])
      if (mine === 0) return
    }
  }

  const rounds = [
    repeatPatiently(look, {
      everyMs,
      waitMsMax: leaseMs,
      signal: stopping.signal,
      onFailure: (err) => logger.warn({ err }, 'the watch sees nothing for now'),
    }),
    ...deps.sinks.map((sink) =>
      repeatPatiently(() => deliver(sink), {
        everyMs,
        waitMsMax: tellAgainMsMax,
        signal: stopping.signal,
        onFailure: (err) => logger.warn({ err, sink: sink.name }, 'an alert could not be told, trying again'),
      }),
    ),
  ]

  return {
    async stop() {
      stopping.abort()
      // A webhook that does not answer is not waited for.
      await rounds[0]
      await lock.free().catch((err: unknown) => logger.warn({ err }, 'the watch could not be handed on'))
    },
  }
}
