import type { RedisClient } from '#lib/redis/connect.ts'
import { loadScript } from '#lib/redis/script.ts'

const swapScript = loadScript<0 | 1>(new URL('./swap-field.lua', import.meta.url))

/** Replaces a hash's field where it still is what was read; false where somebody else changed it meanwhile. */
export const swapField = async (
  redis: RedisClient,
  key: string,
  field: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> => (await swapScript(redis, [key], [field, from, to])) === 1
