import { createRandom, type Random } from '../random.ts'
import { dayMs } from '../zone-time.ts'
import { awkwardNames, inventName } from './names.ts'
import type { AppointmentReason, Patient, Practice, Provider, ServiceLocation } from './types.ts'

export type Clinic = {
  practices: readonly Practice[]
  patients: readonly Patient[]
  providers: readonly Provider[]
  serviceLocations: readonly ServiceLocation[]
  reasons: readonly AppointmentReason[]
}

const patientsPerPractice = 64
const practiceNames = ['Larkmere Family Clinic', 'Thornwick & Dale Pediatrics', 'Quillford Internal Medicine']
const locationNames = ['Main Street Office', 'Riverside Annex']
const reasonKinds = [
  ['Follow-up', 20],
  ['New patient', 40],
  ['Annual physical', 30],
  ['Lab review', 10],
  ['Vaccination', 10],
  ['Women’s & men’s health', 30],
] as const

const two = (value: number) => String(value).padStart(2, '0')

const inventPatient = (random: Random, practiceId: number, index: number): Patient => {
  const gender = random.chance(0.5) ? 'Female' : 'Male'
  const name = awkwardNames[index] ?? inventName(random, gender)
  const id = practiceId * 10_000 + index + 1
  return {
    id,
    practiceId,
    ...name,
    fullName: `${name.firstName} ${name.lastName}`,
    dateOfBirth: `${random.int(1, 12)}/${random.int(1, 28)}/${random.int(1935, 2023)}`,
    gender,
    // 555-01xx is reserved for fiction, example.org for documentation.
    phone: `(555) 555-01${two(random.int(0, 99))}`,
    email: `patient${id}@example.org`,
    medicalRecordNumber: `MRN-${id}`,
    externalId: `EXT-${id}`,
    caseId: id * 10 + 1,
    createdMs: Date.UTC(2024, 0, 1) + random.int(0, 600) * dayMs,
  }
}

const inventProvider = (random: Random, practiceId: number, index: number): Provider => {
  const name = inventName(random, random.chance(0.5) ? 'Female' : 'Male')
  const degree = index === 3 ? 'NP' : 'MD'
  return {
    id: practiceId * 100 + index + 1,
    practiceId,
    ...name,
    fullName: `${name.firstName} ${name.lastName}, ${degree}`,
    npi: `99${practiceId}${random.int(1_000_000, 9_999_999)}`.slice(0, 10),
  }
}

/** Invents for each practice 64 patients, 4 providers, 2 service locations and 6 reasons; the same seed gives the same people. */
export const createClinic = (seed: string, practiceIds: readonly number[]): Clinic => {
  const of = <T>(make: (random: Random, practiceId: number) => T[]) =>
    practiceIds.flatMap((id) => make(createRandom(`${seed}:practice:${id}`), id))
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index))
  return {
    practices: practiceIds.map((id) => ({ id, name: practiceNames[id - 1] ?? `Elmstead Clinic ${id}` })),
    patients: of((random, id) => times(patientsPerPractice, (index) => inventPatient(random, id, index))),
    providers: of((random, id) => times(4, (index) => inventProvider(random, id, index))),
    serviceLocations: practiceIds.flatMap((practiceId) =>
      locationNames.map((name, index) => ({
        id: practiceId * 10 + index + 1,
        practiceId,
        name,
        address: `${index + 1}00 Invented Way`,
      })),
    ),
    reasons: practiceIds.flatMap((practiceId) =>
      reasonKinds.map(([name, minutes], index) => ({
        id: practiceId * 1000 + index + 1,
        practiceId,
        name,
        minutes,
      })),
    ),
  }
}
