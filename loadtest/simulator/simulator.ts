import type { Account } from './accounts.ts'
import { type AppointmentBook, createAppointmentBook } from './clinic/appointment-book.ts'
import { type Clinic, createClinic } from './clinic/clinic.ts'
import { type Clock, createShiftedClock, type ShiftedClock } from './clock.ts'
import { type Counters, createCounters } from './counters.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLimits, type Limits } from './limits.ts'

/** How a payload without rows looks; `mixed` changes from call to call, as the live service does. */
export const emptyModes = ['nil', 'empty', 'placeholder', 'mixed'] as const
export type EmptyMode = (typeof emptyModes)[number]

export type SimulatorOptions = {
  clock: Clock
  seed: string
  accounts: readonly Account[]
  timeZone: string
  callsMax?: number
}

/** All that the simulator knows while it runs. */
export type Simulator = {
  clock: ShiftedClock
  seed: string
  accounts: readonly Account[]
  timeZone: string
  clinic: Clinic
  book: AppointmentBook
  limits: Limits
  counters: Counters
  faults: Faults
  emptyMode: EmptyMode
  /** Back to the seed: writes, counters, faults, limits, modes and clock. */
  reset(): void
}

export const createSimulatorState = ({
  clock,
  seed,
  accounts,
  timeZone,
  callsMax,
}: SimulatorOptions): Simulator => {
  const shifted = createShiftedClock(clock)
  const practiceIds = [...new Set(accounts.flatMap((account) => account.practiceIds))].sort((a, b) => a - b)
  const clinic = createClinic(seed, practiceIds)
  const state: Simulator = {
    clock: shifted,
    seed,
    accounts,
    timeZone,
    clinic,
    book: createAppointmentBook(clinic, seed, timeZone, shifted.now),
    limits: createLimits(shifted.now),
    counters: createCounters(shifted.now, callsMax),
    faults: createFaults(seed),
    emptyMode: 'mixed',
    reset() {
      shifted.reset()
      state.book.reset()
      state.limits.reset()
      state.counters.reset()
      state.faults.clear()
      state.emptyMode = 'mixed'
    },
  }
  return state
}
