import { z } from 'zod'

/** A variable that holds JSON; `shape` is what the reader is told it should look like. */
export const jsonText = (shape: string) =>
  z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue({ code: 'custom', message: `must be JSON: ${shape}` })
      return z.NEVER
    }
  })
