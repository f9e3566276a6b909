import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Cluster } from 'ioredis'
import type { RedisClient } from './connect.ts'

type Argument = string | number | Buffer

/** A Lua script: one atomic step, sent by its hash and by its text only where the server does not know it yet. */
export type Script<Reply> = (
  redis: RedisClient,
  keys: readonly string[],
  args: readonly Argument[],
) => Promise<Reply>

interface Options {
  /** Runs by EVAL_RO, which a read-only ACL user may call and a replica may answer. */
  readonly readOnly?: boolean
  /** A file of local functions that several scripts share, or several; put before the script's own text. */
  readonly prelude?: URL | readonly URL[]
  /** It touches names that are not among its KEYS: a Cluster refuses it as a whole while their slot moves. */
  readonly beyondKeys?: boolean
}

const settledSlot = new URL('./settled-slot.lua', import.meta.url)

/**
 * Loads a `.lua` file beside the caller's module, e.g. `loadScript<Reply>(new URL('./finish.lua', import.meta.url))`.
 */
export function loadScript<Reply>(file: URL, options: Options = {}): Script<Reply> {
  const parts = [options.prelude ?? [], file].flat()
  const onServer = readTexts(parts)
  const inCluster = options.beyondKeys ? readTexts([settledSlot, ...parts]) : onServer
  // By name, so that a Cluster finds the keys among the arguments and asks the node that has them.
  const [bySha, byText] = options.readOnly
    ? (['evalsha_ro', 'eval_ro'] as const)
    : (['evalsha', 'eval'] as const)
  return async (redis, keys, args) => {
    const { sha, text } = redis instanceof Cluster ? inCluster : onServer
    const rest = [keys.length, ...keys, ...args] as const
    try {
      return (await redis[bySha](sha, ...rest)) as Reply
    } catch (error) {
      // NOSCRIPT means that nothing ran, so sending the text cannot apply the step twice.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return (await redis[byText](text, ...rest)) as Reply
    }
  }
}

function readTexts(files: readonly URL[]): { text: string; sha: string } {
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
