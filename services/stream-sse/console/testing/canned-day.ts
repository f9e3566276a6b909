import type { Appointment, AppointmentStatus, Schedule } from '#lib/contract/clinic.ts'
import type { StatusSample, TebraStatus } from '#lib/contract/health.ts'
import type { SecondFactors } from '#lib/contract/second-factors.ts'

/** The time all canned data belongs to: 10:10 on a Friday morning in New York. */
export const cannedNow = '2026-11-20T15:10:00.000Z'
export const cannedToday = '2026-11-20'

type Row = readonly [
  at: string,
  minutes: number,
  patient: string,
  reason: string,
  provider: number,
  status: AppointmentStatus,
]

const providers = ['Dr. Amara Osei', 'Dr. Lena Fischer', 'Miguel Duarte, NP'] as const
const rooms = ['Main clinic', 'Main clinic', 'East annex'] as const
const rows: readonly Row[] = [
  ['13:00', 30, 'Eleanor Whitfield', 'Annual physical', 0, 'checked-out'],
  ['13:15', 20, 'Tomás Herrera', 'Blood pressure follow-up', 1, 'checked-out'],
  ['13:45', 15, 'Priya Raman', 'Lab results', 2, 'no-show'],
  ['14:30', 60, 'Johann Sebastian von Hohenberg-Lichtenstein', 'New patient visit', 1, 'ready-for-provider'],
  ['15:00', 30, 'Grace Okonkwo', 'Diabetes review', 0, 'roomed'],
  ['15:15', 15, 'Wei Zhang', 'Vaccination', 2, 'checked-in'],
  ['15:30', 30, 'Ruth Abernathy', 'Medication review', 0, 'confirmed'],
  ['16:00', 20, 'Omar Haddad', 'Skin check', 1, 'unknown'],
  ['16:30', 30, 'Sofia Lindqvist', 'Prenatal visit', 0, 'confirmed'],
  ['17:15', 15, 'Daniel Katz', 'Wound care', 2, 'scheduled'],
  ['18:30', 30, 'Aisha Bello', 'Asthma follow-up', 1, 'cancelled'],
  ['19:00', 45, 'Kenji Watanabe', 'Physical therapy referral', 0, 'tentative'],
]

function appointment(
  [at, minutes, patientName, reason, provider, status]: Row,
  index: number,
  date: string,
): Appointment {
  const start = `${date}T${at}:00.000Z`
  return {
    id: String(5100 + index),
    patientName,
    reason,
    status,
    start,
    end: new Date(Date.parse(start) + minutes * 60_000).toISOString(),
    upstreamStatus: status === 'unknown' ? 'ARRIVED-LATE' : status,
    providerName: providers[provider] ?? '',
    locationName: rooms[provider] ?? '',
    notes: 'never on this screen',
  }
}

export const cannedDay = (date: string, syncedAt: string): Schedule => ({
  date,
  timeZone: 'America/New_York',
  syncedAt,
  appointments: rows.map((row, index) => appointment(row, index, date)),
})

const before = (ms: number): string => new Date(Date.parse(cannedNow) - ms).toISOString()

export const cannedStatus: TebraStatus = {
  redis: {
    status: 'healthy',
    ping: 'PONG',
    latency_ms: 0.4,
    connected_clients: 14,
    used_memory_bytes: 41_500_000,
    max_memory_bytes: 256_000_000,
  },
  upstream: 'soap',
  breaker: { state: 'half-open', since: before(42_000), reporters: 0, epoch: 3 },
  account: { stopped: false },
  queue: { depth: 7, pending: 2, delayed: 1, oldestAgeMs: 3200, dead: 1 },
  limiter: [],
  workers: [
    {
      name: 'worker-7f2c',
      state: 'working',
      startedAt: before(9e6),
      lastProgressAt: before(1200),
      inFlight: 2,
      rssBytes: 88_000_000,
    },
    {
      name: 'worker-a91e',
      state: 'stalled',
      startedAt: before(9e6),
      lastProgressAt: before(95_000),
      inFlight: 0,
      rssBytes: 81_000_000,
    },
  ],
}

/** An hour with a rush in its middle. */
export const cannedSamples: StatusSample[] = Array.from({ length: 360 }, (_, index) => ({
  at: before((360 - index) * 10_000),
  depth: Math.max(0, Math.round(40 - Math.abs(index - 180) / 2)),
  oldestAgeMs: Math.max(0, 9000 - 100 * Math.abs(index - 180)),
  latencyMs: 0.3 + (index % 7) / 10,
}))

export const cannedFactors: SecondFactors = {
  totp: 'enrolled',
  passkeys: [],
  recoveryCodesLeft: 8,
  required: false,
}
