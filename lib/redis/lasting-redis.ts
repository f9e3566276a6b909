import { Redis, type RedisOptions } from 'ioredis'

/** Replies keep their default shape; the other ones have types of their own. */
export type NodeOptions = Omit<RedisOptions, 'replyMapping'>

const againMs = 50

/**
 * A connection that ends only when it is told to. ioredis 6.0.0 gives one up for good where the Sentinels announce a
 * failover just while it asks them for the primary: it takes their word for a caller's `disconnect`.
 */
export class LastingRedis extends Redis {
  #closed = false

  constructor(options: NodeOptions) {
    super(options)
    this.on('end', () => {
      if (!this.#closed) setTimeout(() => this.#open(), againMs)
    })
  }

  /** Whether it was told to end. */
  get isClosed(): boolean {
    return this.#closed
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.#closed = true
    super.disconnect(reconnect)
  }

  /** What keeps it from opening is told by its events. */
  #open(): void {
    if (!this.#closed) this.connect().catch(() => {})
  }
}
