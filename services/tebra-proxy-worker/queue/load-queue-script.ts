import { loadScript } from '#lib/redis/script.ts'

const fileOf = (name: string) => new URL(`./${name}.lua`, import.meta.url)

/** A script that works on the queue, whose records, lines and lanes it finds beside its KEYS; all by name from here. */
export const loadQueueScript = <Reply>(name: string, ...preludes: string[]) =>
  loadScript<Reply>(fileOf(name), { beyondKeys: true, prelude: ['prelude', ...preludes].map(fileOf) })
