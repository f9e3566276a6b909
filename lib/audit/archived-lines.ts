import { z } from 'zod'
import type { ChainEntry } from './read-chain.ts'

const Line = z.strictObject({ seq: z.int().positive(), mac: z.string(), event: z.string() })

/** Entries as the archive keeps them: one JSON object a line, with the very text that the mac covers. */
export const toLines = (entries: readonly ChainEntry[]): string =>
  entries.map(({ seq, mac, payload }) => `${JSON.stringify({ seq, mac, event: payload })}\n`).join('')

export function fromLines(text: string): ChainEntry[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { seq, mac, event } = Line.parse(JSON.parse(line))
      return { id: `0-${seq}`, seq, mac, payload: event }
    })
}
