/** Names under which a secret or a patient's data could stand; whatever is logged there is cut out. */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'token',
  'secret',
  'totp',
  'authorization',
  'cookie',
  'email',
  'params',
  'data',
  'body',
  'firstName',
  'lastName',
  'patientName',
  'dateOfBirth',
  'notes',
  'customerKey',
])
/** Deeper than anything that is logged on purpose; below it everything is cut out. */
const depthMax = 8
const censor = '[redacted]'

/**
 * The fields without what stands under a secret's name, however deep, and with errors made safe. Not pino's redaction,
 * which walks its wildcard paths anew for each line: most of what a request cost (measured).
 */
export function censored(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const safe = 'err' in fields ? { ...fields, err: safeError(fields.err) } : fields
  return censoredEntries(safe, 0)
}

function censoredEntries(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const name in fields)
    clean[name] = secretNames.has(name) ? censor : censoredValue(fields[name], depth + 1)
  return clean
}

function censoredValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return safeError(value)
  if (depth > depthMax) return censor
  if (Array.isArray(value)) return value.map((one) => censoredValue(one, depth + 1))
  // A date and the like say themselves what is written of them.
  return 'toJSON' in value ? value : censoredEntries(value as Record<string, unknown>, depth)
}

/** Name, code and stack frames of an error and its causes. The message is left out: it may quote what it choked on. */
function safeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { name: typeof error }
  const code = (error as { code?: unknown }).code
  return {
    name: error.name,
    ...(typeof code === 'string' && { code }),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(error.cause !== undefined && { cause: safeError(error.cause) }),
  }
}
