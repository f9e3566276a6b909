import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RedisClient } from './connect.ts'

type Argument = string | number | Buffer

/** A Lua script: one atomic step, sent by its hash and by its text only where the server does not know it yet. */
export type Script<Reply> = (
  redis: RedisClient,
  keys: readonly string[],
  args: readonly Argument[],
) => Promise<Reply>

/** Prelude of a script that touches names beside its KEYS: while its slot moves in a Cluster it fails as unavailable. */
export const settledSlot = new URL('./settled-slot.lua', import.meta.url)

/**
 * Loads a `.lua` file beside the caller's module, e.g. `loadScript<Reply>(new URL('./finish.lua', import.meta.url))`.
 * `prelude` is a file of local functions that several scripts share, or several; put before the script's own text.
 * `readOnly` scripts run by EVAL_RO, which a read-only ACL user may call and a replica may answer.
 */
export function loadScript<Reply>(
  file: URL,
  options: { readOnly?: boolean; prelude?: URL | readonly URL[] } = {},
): Script<Reply> {
  const parts = [options.prelude ?? [], file].flat()
  const text = parts.map((part) => readFileSync(part, 'utf8')).join('\n')
  const sha = createHash('sha1').update(text).digest('hex')
  // By name, so that a Cluster finds the keys among the arguments and asks the node that has them.
  const [bySha, byText] = options.readOnly
    ? (['evalsha_ro', 'eval_ro'] as const)
    : (['evalsha', 'eval'] as const)
  return async (redis, keys, args) => {
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
