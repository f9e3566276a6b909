import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, type StartedProxy, startProxy, startSimulator } from './proxy.ts'
import { type Intake, startIntake } from './work-by-hand.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

/** Stands for what there is only once a hook has run, so that a file can name it at its top. */
const later = <T extends object>(now: () => T): T =>
  new Proxy({} as T, { get: (_, name) => Reflect.get(now(), name) })

/**
 * What the tests of a file stand on: a Redis of the file's own, which each test finds empty, and for each test a
 * simulator without rate limits. Services that a test started are closed after it, processes killed.
 */
export function clinicForEachTest() {
  let redis: TestRedis
  let simulator: Simulator
  const running = new Set<StartedProxy>()
  const processes: WorkerProcess[] = []

  beforeAll(async () => {
    redis = await startTestRedis()
  })
  afterAll(() => redis.stop())
  beforeEach(async () => {
    await redis.redis.flushall()
    simulator = startSimulator()
    await simulator.control('limits', { scale: 0 })
  })
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((worker) => worker.end('SIGKILL')))
    await Promise.all([...running].map((service) => service.close()))
    await simulator.stop()
  })

  const closedAfterwards = <Service extends StartedProxy>(service: Service): Service => {
    const close = async () => {
      if (running.delete(kept)) await service.close()
    }
    const kept = { ...service, close }
    running.add(kept)
    return kept
  }

  return {
    redis: later(() => redis),
    simulator: later(() => simulator),
    /** A whole service, as `startProxy` starts it. */
    start: async (env?: Record<string, string>): Promise<StartedProxy> =>
      closedAfterwards(await startProxy(redis, simulator, env)),
    /** An intake whose requests the test works off by hand. */
    startIntake: async (env?: Record<string, string>): Promise<Intake> =>
      closedAfterwards(await startIntake(redis, simulator, env)),
    /** A worker in a process of its own. */
    async startProcess(env?: Record<string, string>): Promise<WorkerProcess> {
      const worker = await startWorkerProcess(redis, simulator, env)
      processes.push(worker)
      return worker
    },
  }
}
