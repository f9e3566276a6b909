import type { Form } from './counters.ts'
import { createRandom } from './random.ts'

export const faultKinds = [
  'latency',
  'outage',
  'hang',
  'reset',
  'internal-service-fault',
  'throttled',
  'authentication-lapse',
  'placeholder-rows',
  'wrong-patient',
  'write-then-time-out',
  'malformed-xml',
  'slow-drip',
  'huge-answer',
  'empty-nil',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** How and when to misbehave. Without `times` a rule stays until it is cleared. */
export type FaultRule = {
  id: string
  kind: FaultKind
  form?: Form
  operation?: string
  account?: string
  times?: number
  probability?: number
  /** latency: fixed wait; slow-drip: wait between two pieces. */
  delayMs?: number
  p50Ms?: number
  p99Ms?: number
  /** slow-drip: bytes a piece. */
  bytes?: number
  /** huge-answer: padding. */
  megabytes?: number
}

export type ActiveFaults = Partial<Record<FaultKind, FaultRule>>

/** What of a call decides which rules it meets. `names` are its action and the operation behind it. */
export type FaultTarget = { form: Form; names: readonly string[]; account?: string }

const isWrite = (name: string) => /^(create|update|delete)/i.test(name)

// A rule that could not show on a call is not used up by it.
const concerns: Partial<Record<FaultKind, (name: string) => boolean>> = {
  'write-then-time-out': isWrite,
  'wrong-patient': (name) => /^getpatient$/i.test(name),
  'placeholder-rows': (name) => /^get.+s$/i.test(name) && !/^getthrottles$/i.test(name),
  'empty-nil': (name) => /^get.+s$/i.test(name) && !/^getthrottles$/i.test(name),
}

const matches = (rule: FaultRule, { form, names, account }: FaultTarget) =>
  (rule.form === undefined || rule.form === form) &&
  (rule.account === undefined || rule.account === account) &&
  (rule.operation === undefined ||
    rule.operation === 'any' ||
    names.some((name) => name.toLowerCase() === rule.operation?.toLowerCase())) &&
  names.some(concerns[rule.kind] ?? (() => true))

export type Faults = {
  add(rules: readonly (Omit<FaultRule, 'id'> & { id?: string })[]): FaultRule[]
  list(): FaultRule[]
  clear(): void
  /** The rules this call meets, at most one of a kind; each one's `times` goes down. */
  take(target: FaultTarget): ActiveFaults
  /** One wait drawn from a latency rule, in milliseconds. */
  latencyMs(rule: FaultRule): number
}

/** Rules are tried in the order they came; chance comes from the seed. */
export const createFaults = (seed: string): Faults => {
  let rules: FaultRule[] = []
  let random = createRandom(`${seed}:faults`)
  let made = 0
  return {
    add(added) {
      const kept = added.map((rule) => ({ ...rule, id: rule.id ?? `fault-${++made}` }))
      rules = [...rules.filter((rule) => !kept.some(({ id }) => id === rule.id)), ...kept]
      return kept
    },
    list: () => rules,
    clear() {
      rules = []
      random = createRandom(`${seed}:faults`)
    },
    take(target) {
      const active: ActiveFaults = {}
      for (const rule of rules) {
        if (active[rule.kind] || !matches(rule, target)) continue
        if (rule.probability !== undefined && !random.chance(rule.probability)) continue
        active[rule.kind] = { ...rule }
        if (rule.times !== undefined) rule.times--
      }
      rules = rules.filter((rule) => rule.times === undefined || rule.times > 0)
      return active
    },
    latencyMs({ delayMs, p50Ms, p99Ms }) {
      if (p50Ms === undefined || p99Ms === undefined) return delayMs ?? 0
      // Log-normal through both percentiles; 2.326 is the normal distribution's 99th percentile.
      const sigma = Math.log(p99Ms / p50Ms) / 2.326
      const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
      return p50Ms * Math.exp(sigma * normal)
    },
  }
}
