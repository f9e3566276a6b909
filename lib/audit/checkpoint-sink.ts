/**
 * A place for checkpoints and the entries they cover, which whoever writes to Redis cannot change afterwards: objects
 * are created and read, never overwritten or deleted.
 */
export interface CheckpointSink {
  /** Resolves when the object stands there; `exists` where there was one of that name already, whatever is in it. */
  create(name: string, text: string): Promise<'created' | 'exists'>
  /** undefined where there is none of that name. */
  read(name: string): Promise<string | undefined>
  /** The names that begin with the prefix, in their order. */
  list(prefix: string): Promise<readonly string[]>
}

/** A sink that failed: it is away, or it refused. Nothing is known of what was being created. */
export class SinkError extends Error {
  override readonly name = 'SinkError'
}
