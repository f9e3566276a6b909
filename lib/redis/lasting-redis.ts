import { Redis, type RedisOptions } from 'ioredis'

/** Replies keep their default shape; the other ones have types of their own. */
export type NodeOptions = Omit<RedisOptions, 'replyMapping'>

const againMs = 50

type Sent = Parameters<Redis['sendCommand']>

/**
 * A connection that ends only when it is told to. ioredis 6.0.0 gives one up for good where the Sentinels announce a
 * failover just while it asks them for the primary: it takes their word for a caller's `disconnect`.
 *
 * What is sent in one turn of the event loop is written as one: ioredis' own auto-pipelining, which does the same by a
 * pipeline and two more promises a command, took a tenth of the CPU of checking a session (`npm run bench:session`).
 */
export class LastingRedis extends Redis {
  #closed = false
  #corked = false

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

  override sendCommand(command: Sent[0], pipeline?: Sent[1]): unknown {
    if (!this.#corked && this.status === 'ready') this.#gather(this.stream)
    if (command.name === 'subscribe') command.promise.catch(this.#tellRefusal)
    return super.sendCommand(command, pipeline)
  }

  /** ioredis 6.0.0 subscribes anew after a reconnect and hears no refusal, which would end the process (its PR 2187). */
  readonly #tellRefusal = (error: unknown): void => {
    if (!this.#closed) this.emit('error', error)
  }

  #gather(socket: Redis['stream']): void {
    this.#corked = true
    socket.cork()
    setImmediate(() => {
      this.#corked = false
      socket.uncork()
    })
  }

  /** What keeps it from opening is told by its events. */
  #open(): void {
    if (!this.#closed) this.connect().catch(() => {})
  }
}
