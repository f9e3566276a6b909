import { z } from 'zod'

/** One environment variable as its schema states it, and who reads it. */
export interface EnvironmentVariable {
  readonly name: string
  readonly services: readonly string[]
  readonly description: string
  readonly secret: boolean
  readonly required: boolean
  /** As it would be written in an environment file. */
  readonly fallback?: string
  /** Values or bounds in words, e.g. `debug, info` or `1 to 900000 ms`. */
  readonly allowed?: string
  /** The command that makes a value, where one is known. */
  readonly make?: string
}

export interface ServiceConfig {
  readonly service: string
  readonly schema: z.ZodObject
}

const Property = z.object({
  type: z.string().optional(),
  description: z.string().default(''),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  pattern: z.string().optional(),
  secret: z.boolean().default(false),
  unit: z.string().optional(),
})
type Property = z.infer<typeof Property>

const InputSchema = z.object({
  properties: z.record(z.string(), Property),
  required: z.array(z.string()).default([]),
})

/**
 * Every variable the services read, in the order of their schemas. A variable that two services define alike stands
 * once and names both; one that differs stands once for each definition.
 */
export function variablesOf(configs: readonly ServiceConfig[]): EnvironmentVariable[] {
  const found = new Map<string, EnvironmentVariable>()
  for (const { service, schema } of configs) {
    const input = InputSchema.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
    for (const [name, property] of Object.entries(input.properties)) {
      const variable = toVariable(name, property, input.required.includes(name))
      const key = JSON.stringify(variable)
      const known = found.get(key)
      found.set(key, { ...variable, services: [...(known?.services ?? []), service] })
    }
  }
  return [...found.values()]
}

function toVariable(name: string, property: Property, required: boolean): EnvironmentVariable {
  const allowed = allowedIn(property)
  return {
    name,
    services: [],
    description: property.description,
    secret: property.secret,
    required,
    ...(property.default !== undefined && { fallback: String(property.default) }),
    ...(allowed !== undefined && { allowed }),
    ...(property.pattern?.includes('{43}') && { make: 'openssl rand -base64 32' }),
  }
}

function allowedIn(property: Property): string | undefined {
  if (property.enum) return property.enum.join(', ')
  const { minimum, maximum } = property
  const bounds =
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
      ? `${minimum ?? 0} to ${maximum}`
      : minimum !== undefined && minimum > 0
        ? `from ${minimum}`
        : undefined
  return [bounds, property.unit].filter(Boolean).join(' ') || undefined
}
