/** What one job carries and what it brings back, the same for both sides; about as large as one patient. */

/** A clinic group: each practice has a Tebra account, and so a limiter and an audit chain, of its own. */
export const practices = Array.from({ length: 50 }, (_, index) => `practice-${index}`)

export const practiceOf = (index: number): string => practices[index % practices.length] ?? 'practice-0'

export const action = 'searchPatients'
export const operation = 'GetPatients'

export const paramsOf = (index: number) => ({
  firstName: `Given${index % 1_000}`,
  lastName: `Family-Name-${index % 1_000}`,
  dateOfBirth: '1980-02-29',
})

export const result = [
  {
    id: '10001',
    firstName: 'Given',
    lastName: 'Family-Name',
    fullName: 'Given Family-Name',
    dateOfBirth: '1980-02-29',
    gender: 'Female',
    phone: '(555) 555-0100',
    email: 'patient10001@example.org',
    medicalRecordNumber: 'MRN-10001',
    address: { line1: '1 Example Street', city: 'Springfield', state: 'NY', postalCode: '10001' },
  },
]

/** Both sides keep about this many entries of their response stream. */
export const streamLength = 10_000

/** Where a program leaves the ids that it was given back, for the proof that follows. */
export const idsKey = 'bench:ids'
