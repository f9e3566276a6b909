import { parseArgs } from 'node:util'

/** `--full` runs longer, for figures that are to be kept. */
export const isFull = (args: readonly string[]): boolean =>
  parseArgs({ args: [...args], options: { full: { type: 'boolean', default: false } } }).values.full

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}
