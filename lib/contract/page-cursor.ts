import { z } from 'zod'

/** 22 bytes in base64url: the pattern admits exactly what decodes to a position, so a malformed one is a 422. */
export const PageCursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{29}[AQgw]$/, 'must be a cursor that an earlier page named')
  .meta({ id: 'PageCursor', description: 'Where the page before ended; opaque' })
