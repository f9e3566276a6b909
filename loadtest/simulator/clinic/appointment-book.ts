import { dayNumberIn } from '../zone-time.ts'
import type { Clinic } from './clinic.ts'
import { firstWrittenId, generateDay, locateGenerated, type PlannedAppointment } from './clinic-day.ts'
import type { Appointment } from './types.ts'

/** All appointments: generated days as they stand now, and on top of them what callers wrote. */
export type AppointmentBook = {
  find(id: number): Appointment | undefined
  between(practiceIds: readonly number[], fromMs: number, toMs: number): Appointment[]
  create(fields: Omit<Appointment, 'id' | 'createdMs' | 'modifiedMs'>): Appointment
  change(id: number, fields: Partial<Appointment>): Appointment | undefined
  reset(): void
}

// Generated days can be made again at any time; keeping more of them would only cost memory.
const daysKept = 200

export const createAppointmentBook = (
  clinic: Clinic,
  seed: string,
  zone: string,
  now: () => number,
): AppointmentBook => {
  const days = new Map<string, PlannedAppointment[]>()
  const written = new Map<number, Appointment>()
  const writtenByDay = new Map<number, Set<number>>()
  let nextId = firstWrittenId

  const dayOf = (practiceId: number, day: number) => {
    const key = `${practiceId}:${day}`
    const known = days.get(key)
    if (known) return known
    const made = generateDay(clinic, seed, zone, practiceId, day)
    const oldest = days.keys().next()
    if (days.size >= daysKept && !oldest.done) days.delete(oldest.value)
    days.set(key, made)
    return made
  }

  const asOfNow = ({ changes, ...planned }: PlannedAppointment): Appointment => {
    const due = changes.filter((change) => change.atMs <= now()).at(-1)
    return due ? { ...planned, status: due.status, modifiedMs: due.atMs } : planned
  }

  const find = (id: number): Appointment | undefined => {
    const changed = written.get(id)
    if (changed) return changed
    const { practiceId, day } = locateGenerated(id)
    if (!clinic.practices.some((practice) => practice.id === practiceId)) return undefined
    const planned = dayOf(practiceId, day).find((row) => row.id === id)
    return planned && asOfNow(planned)
  }

  const keep = (appointment: Appointment) => {
    const before = written.get(appointment.id)
    if (before) writtenByDay.get(dayNumberIn(zone, before.startMs))?.delete(before.id)
    written.set(appointment.id, appointment)
    const day = dayNumberIn(zone, appointment.startMs)
    writtenByDay.set(day, (writtenByDay.get(day) ?? new Set()).add(appointment.id))
    return appointment
  }

  return {
    find,
    between(practiceIds, fromMs, toMs) {
      const found: Appointment[] = []
      const last = dayNumberIn(zone, toMs)
      for (let day = dayNumberIn(zone, fromMs); day <= last; day++) {
        for (const practiceId of practiceIds) {
          const untouched = dayOf(practiceId, day).filter((row) => !written.has(row.id))
          found.push(...untouched.map(asOfNow))
        }
        for (const id of writtenByDay.get(day) ?? []) {
          const row = written.get(id)
          if (row && practiceIds.includes(row.practiceId)) found.push(row)
        }
      }
      return found
        .filter((row) => row.startMs >= fromMs && row.startMs <= toMs)
        .sort((a, b) => a.startMs - b.startMs || a.id - b.id)
    },
    create: (fields) => keep({ ...fields, id: nextId++, createdMs: now(), modifiedMs: now() }),
    change(id, fields) {
      const before = find(id)
      return before && keep({ ...before, ...fields, id, modifiedMs: now() })
    },
    reset() {
      written.clear()
      writtenByDay.clear()
      nextId = firstWrittenId
    },
  }
}
