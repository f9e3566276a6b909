import { Redis } from 'ioredis'

export interface BullJob {
  readonly id?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** The few members of BullMQ that are used here; its own types are there only once it is installed. */
interface BullMq {
  readonly createBunRedisClient: (client: Bun.RedisClient) => unknown
  readonly Queue: new (
    name: string,
    options: { connection: unknown },
  ) => {
    waitUntilReady(): Promise<unknown>
    add(name: string, data: object, options?: object): Promise<BullJob>
  }
  readonly Worker: new (
    name: string,
    processor: (job: BullJob) => Promise<unknown>,
    options: { connection: unknown; concurrency?: number; autorun?: boolean },
  ) => {
    waitUntilReady(): Promise<unknown>
    run(): Promise<unknown>
    on(event: 'completed' | 'error', listener: () => void): unknown
  }
}

export const bullName = 'bench'
export const bullResponses = 'bench:responses'

/** A variable, so that the type checker does not look for a package that may not be installed yet. */
const packageName: string = 'bullmq'
export const loadBullMq = async (): Promise<BullMq> => (await import(packageName)) as BullMq

/** A connection as BullMQ wants it: by ioredis, with commands of one turn sent together, or by Bun's own client. */
export function connectBull(bull: BullMq, url: string, client: 'ioredis' | 'bun'): unknown {
  if (client === 'bun') return bull.createBunRedisClient(new Bun.RedisClient(url))
  return new Redis(url, { maxRetriesPerRequest: null, enableAutoPipelining: true })
}
