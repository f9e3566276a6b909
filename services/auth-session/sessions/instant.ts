/** Milliseconds since the epoch, as the contract writes a time. */
export const instant = (ms: number): string => new Date(ms).toISOString()
