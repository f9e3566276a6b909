import type { RedisClient } from '#lib/redis/connect.ts'

export const group = 'workers'

/** An entry of the stream that was handed to a consumer, and the request it stands for. */
export interface Delivery {
  readonly entry: string
  readonly id: string
}

/** Waits up to `blockMs` for new entries on a connection of its own. */
export async function readNew(
  reader: RedisClient,
  requests: string,
  consumer: string,
  options: { count: number; blockMs: number },
): Promise<Delivery[]> {
  const reply = await reader.xreadgroup(
    'GROUP',
    group,
    consumer,
    'COUNT',
    options.count,
    'BLOCK',
    options.blockMs,
    'STREAMS',
    requests,
    '>',
  )
  return readDeliveries(reply)
}

export type StreamEntry = [entry: string, fields: string[] | null]

export function readDeliveries(reply: unknown): Delivery[] {
  const [stream] = (reply ?? []) as [string, StreamEntry[]][]
  return toDeliveries(stream?.[1] ?? [])
}

export const toDeliveries = (entries: readonly StreamEntry[]): Delivery[] =>
  entries.flatMap(([entry, fields]) => (fields?.[1] ? [{ entry, id: fields[1] }] : []))
