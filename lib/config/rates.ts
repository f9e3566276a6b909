import { z } from 'zod'

/** `600/1200/12000`: requests a minute that one session, one user and one practice may make. */
const Rate = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine((text) => /^[1-9]\d{0,8}\/[1-9]\d{0,8}\/[1-9]\d{0,8}$/.test(text), {
      error: 'must be three numbers: of a session/of a user/of a practice',
    })
    .transform((text) => {
      const [session = 0, user = 0, practice = 0] = text.split('/').map(Number)
      return { session, user, practice }
    })

const of = 'a minute of one session, user and practice'

/**
 * A busy front desk reads a few times a second and writes a few times a minute, on two screens each; a practice has
 * some twenty of them. A page that runs away or a program in a loop is what these stop.
 */
export const RatesConfig = z.object({
  RATE_READ: Rate('600/1200/12000').meta({ description: `reading requests ${of}` }),
  RATE_WRITE: Rate('240/480/4800').meta({ description: `changing requests ${of}` }),
  RATE_SENSITIVE: Rate('60/120/600').meta({
    description: `requests to administration, the audit log and what asks for a step-up, ${of}`,
  }),
  RATE_STREAM: Rate('60/120/1200').meta({ description: `event streams opened ${of}` }),
})
export type RatesConfig = z.output<typeof RatesConfig>

export const ratesOf = (config: RatesConfig) => ({
  read: config.RATE_READ,
  write: config.RATE_WRITE,
  sensitive: config.RATE_SENSITIVE,
  stream: config.RATE_STREAM,
})
