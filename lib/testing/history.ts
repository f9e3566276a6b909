import type { RequestRecord, TimelineStep } from '#lib/contract/requests.ts'
import { isEnd } from '#lib/contract/requests.ts'

/** What a caller was told of one submission. A `silent` one got no answer: it may have been accepted. */
export type Told =
  | { readonly kind: 'accepted'; readonly id: string; readonly naturalKey?: string }
  | { readonly kind: 'refused'; readonly status: number; readonly tookMs: number }
  | { readonly kind: 'silent'; readonly tookMs: number }

/** What is there after the fault: the records, the events of ends, and what the upstream was really made to do. */
export interface Aftermath {
  readonly records: ReadonlyMap<string, RequestRecord>
  /** How often each natural key was written upstream. */
  readonly writes: Readonly<Record<string, number>>
  /** How often the end of each request was told as an event; left out where the events were lost with the fault. */
  readonly endsTold?: ReadonlyMap<string, number>
}

/**
 * Breaches of what a 202 promises, one line each; none is what every fault must leave. Accepted requests are there,
 * in one end state reached once; a write happened at most once, and once where it is said to have succeeded.
 */
export function breaches(told: readonly Told[], after: Aftermath): string[] {
  const accepted = told.filter((one) => one.kind === 'accepted')
  return [
    ...accepted.flatMap(({ id }) => breachesOfRecord(id, after)),
    ...accepted.flatMap((one) => breachesOfWrite(one, after)),
    ...unnamedWrites(accepted, after),
  ]
}

function breachesOfRecord(id: string, { records, endsTold }: Aftermath): string[] {
  const record = records.get(id)
  if (!record) return [`${id}: accepted and lost`]
  if (!isEnd(record.status)) return [`${id}: has not ended, it is ${record.status}`]
  const ends = endsIn(record.timeline)
  const times = endsTold?.get(id) ?? 1
  return [
    ...(ends === 1 ? [] : [`${id}: ended ${ends} times`]),
    ...(times === 1 ? [] : [`${id}: its end was told ${times} times`]),
  ]
}

const endsIn = (timeline: readonly TimelineStep[]): number =>
  timeline.filter(({ status }) => isEnd(status)).length

function breachesOfWrite(one: Told & { kind: 'accepted' }, { records, writes }: Aftermath): string[] {
  const { id, naturalKey } = one
  if (naturalKey === undefined) return []
  const times = writes[naturalKey] ?? 0
  const status = records.get(id)?.status
  if (times > 1 && status !== 'uncertain') return [`${id}: written ${times} times and not called uncertain`]
  return status === 'success' && times === 0 ? [`${id}: called a success and never written`] : []
}

/** A submission that was refused or never answered may be tried again; it too is written once at most. */
function unnamedWrites(accepted: readonly Told[], { writes }: Aftermath): string[] {
  const named = new Set(accepted.map((one) => (one.kind === 'accepted' ? one.naturalKey : undefined)))
  return Object.entries(writes)
    .filter(([key, times]) => times > 1 && !named.has(key))
    .map(([key, times]) => `${key}: written ${times} times, and nobody was told of it`)
}
