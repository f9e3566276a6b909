import { settledSlot } from '#lib/redis/script.ts'

/** What stands before every script that works on the queue: all of them touch more than their KEYS. */
export const queuePrelude: readonly URL[] = [settledSlot, new URL('./prelude.lua', import.meta.url)]
