export type Form = 'soap' | 'php'

/** One call as it was received; facts of a write are added while it is worked off. */
export type Call = {
  sequence: number
  form: Form
  operation: string
  /** The customer key that was sent, known or not. */
  account?: string
  at: string
  correlationId?: string
  /** Members of the request that the deserializer passed over. */
  dropped?: readonly string[]
  patientId?: string
  appointmentId?: string
  start?: string
  providerId?: string
  status?: string
  notes?: string
  /** True once a write has been applied, whatever the caller was told. */
  written?: boolean
  fault?: string
  outcome: string
}

export type Counts = {
  total: number
  byOperation: Record<string, number>
  byOutcome: Record<string, number>
  writes: {
    total: number
    byOperation: Record<string, number>
    byNaturalKey: Record<string, number>
    byCorrelationId: Record<string, number>
    keysLeftOff: number
  }
  throttled: number
  inFlight: number
  concurrentMax: number
}

export type Counters = {
  begin(call: Pick<Call, 'form' | 'operation' | 'correlationId'>): Call
  /** Counts the outcome and, when one was applied, the write; at once, even if the answer never leaves. */
  settle(call: Call, outcome: string): void
  end(call: Call): void
  calls(): Call[]
  counts(): Counts
  reset(): void
}

const keysMax = 200_000

const emptyCounts = (): Counts => ({
  total: 0,
  byOperation: {},
  byOutcome: {},
  writes: { total: 0, byOperation: {}, byNaturalKey: {}, byCorrelationId: {}, keysLeftOff: 0 },
  throttled: 0,
  inFlight: 0,
  concurrentMax: 0,
})

/** What makes two creates the same appointment for a clinic: patient, start and provider. */
export const naturalKey = (call: Call): string =>
  `${call.patientId ?? '-'} ${call.start ?? '-'} ${call.providerId ?? '-'}`

/** Keeps the last `callsMax` calls; the totals stay exact however many there were. */
export const createCounters = (now: () => number, callsMax = 50_000): Counters => {
  const ring: Call[] = []
  let counts = emptyCounts()
  let sequence = 0
  let epoch = 0
  const epochOf = new WeakMap<Call, number>()
  let keys = 0

  const add = (into: Record<string, number>, key: string) => {
    into[key] = (into[key] ?? 0) + 1
  }
  const addKey = (into: Record<string, number>, key: string) => {
    if (into[key] === undefined && keys >= keysMax) {
      counts.writes.keysLeftOff++
      return
    }
    if (into[key] === undefined) keys++
    add(into, key)
  }

  return {
    begin(facts) {
      const call: Call = {
        sequence: ++sequence,
        at: new Date(now()).toISOString(),
        outcome: 'pending',
        ...facts,
      }
      epochOf.set(call, epoch)
      // A slot of the ring is overwritten in place, so that a busy hour costs no more than a quiet one.
      ring[(call.sequence - 1) % callsMax] = call
      counts.total++
      counts.inFlight++
      counts.concurrentMax = Math.max(counts.concurrentMax, counts.inFlight)
      add(counts.byOperation, call.operation)
      return call
    },
    end(call) {
      // A call that began before a reset is no part of what is counted since.
      if (epochOf.get(call) === epoch) counts.inFlight--
    },
    settle(call, outcome) {
      call.outcome = outcome
      if (epochOf.get(call) !== epoch) return
      add(counts.byOutcome, outcome)
      if (outcome === 'throttled') counts.throttled++
      if (!call.written) return
      counts.writes.total++
      add(counts.writes.byOperation, call.operation)
      addKey(counts.writes.byNaturalKey, naturalKey(call))
      if (call.correlationId) addKey(counts.writes.byCorrelationId, call.correlationId)
    },
    calls: () => [...ring].sort((a, b) => a.sequence - b.sequence),
    counts: () => counts,
    reset() {
      ring.length = 0
      counts = emptyCounts()
      sequence = 0
      keys = 0
      epoch++
    },
  }
}
