/** Minimum milliseconds between two calls of one account to one operation (Tebra technical guide, April 2025). */
export const throttleTable: Readonly<Record<string, number>> = {
  GetPatient: 250,
  ...Object.fromEntries(
    [
      'GetAppointment',
      'GetEncounterDetails',
      'GetPractices',
      'GetProcedureCode',
      'GetProviders',
      'GetServiceLocations',
      'CreateAppointment',
      'CreateEncounter',
      'CreatePatient',
      'CreatePayment',
      'UpdateAppointment',
      'UpdateAppointmentStatus',
      'UpdateEncounterStatus',
      'DeleteAppointment',
    ].map((operation) => [operation, 500]),
  ),
  ...Object.fromEntries(
    [
      'GetAppointments',
      'GetCharges',
      'GetExternalVendors',
      'GetPatients',
      'GetPayments',
      'GetTransactions',
      'UpdatePatient',
      'GetAppointmentReasons',
    ].map((operation) => [operation, 1000]),
  ),
  GetAllPatients: 5000,
  GetThrottles: 5000,
}

/** Observed live behaviour: calls at exactly the interval still trip, so the real threshold lies this much higher. */
export const strictnessMs = 20

export type Limits = {
  /** True when the call may go through; a refused call leaves the window as it was. */
  admit(account: string, operation: string): boolean
  intervalMs(operation: string): number
  /** The table as GetThrottles tells it, overrides and scale included. */
  table(): { endpoint: string; throttleTimeMs: number }[]
  configure(change: { scale?: number; overrides?: Record<string, number> }): void
  settings(): { scale: number; overrides: Record<string, number> }
  reset(): void
}

/** Per account and operation; a scale of 0 switches every limit off. */
export const createLimits = (now: () => number): Limits => {
  const admittedAt = new Map<string, number>()
  let scale = 1
  let overrides: Record<string, number> = {}
  const baseMs = (operation: string) => overrides[operation] ?? throttleTable[operation] ?? 0
  const intervalMs = (operation: string) => Math.round(baseMs(operation) * scale)
  return {
    admit(account, operation) {
      const key = `${account} ${operation}`
      const interval = intervalMs(operation)
      const last = admittedAt.get(key)
      if (interval > 0 && last !== undefined && now() - last < interval + strictnessMs) return false
      admittedAt.set(key, now())
      return true
    },
    intervalMs,
    table: () =>
      Object.keys({ ...throttleTable, ...overrides }).map((endpoint) => ({
        endpoint,
        throttleTimeMs: intervalMs(endpoint),
      })),
    configure(change) {
      scale = change.scale ?? scale
      overrides = { ...overrides, ...change.overrides }
    },
    settings: () => ({ scale, overrides }),
    reset() {
      admittedAt.clear()
      scale = 1
      overrides = {}
    },
  }
}

/** The vendor's exact wording (observed live behaviour). */
export const throttledText = (operation: string, intervalMs: number): string =>
  `429: ${operation} endpoint requested more than allowed over time interval ${intervalMs} milliseconds. Please wait to try again.`
