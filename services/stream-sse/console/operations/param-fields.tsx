import { ChoiceField, Field } from '../parts/field.tsx'
import type { CatalogueEntry, ParamSchema } from './use-catalogue.ts'

export interface ParamFieldsProps {
  readonly schema: CatalogueEntry['params']
  readonly params: Readonly<Record<string, unknown>>
  /** By path, as the service names it: `params.start`. */
  readonly errors: Readonly<Record<string, string>>
}

const hints: Readonly<Record<string, string>> = {
  date: 'A day, such as 2026-11-20',
  'date-time': 'A time in UTC, such as 2026-11-20T15:30:00Z',
}

/** A field for each param that is text, in the words and order of the action's schema. */
export function ParamFields({ schema, params, errors }: ParamFieldsProps) {
  const fields = Object.entries(schema.properties ?? {}).filter(([, { type }]) => type === 'string')
  if (fields.length === 0)
    return <p className="muted">This action takes no params that could be edited here.</p>
  return (
    <div className="fields">
      {fields.map(([name, field]) => (
        <ParamField
          key={name}
          name={name}
          field={field}
          isRequired={schema.required?.includes(name) ?? false}
          value={params[name]}
          error={errors[`params.${name}`]}
        />
      ))}
    </div>
  )
}

interface ParamFieldProps {
  readonly name: string
  readonly field: ParamSchema
  readonly isRequired: boolean
  readonly value: unknown
  readonly error: string | undefined
}

function ParamField({ name, field, isRequired, value, error }: ParamFieldProps) {
  const text = typeof value === 'string' ? value : ''
  const label = isRequired ? name : `${name} (optional)`
  if (field.enum !== undefined) {
    const choices = field.enum.map((choice) => [choice, choice] as const)
    return (
      <ChoiceField
        label={label}
        name={name}
        choices={isRequired ? choices : [['', '–'], ...choices]}
        defaultValue={text}
        error={error}
      />
    )
  }
  const hint = field.format === undefined ? undefined : hints[field.format]
  return (
    <Field
      label={label}
      name={name}
      defaultValue={text}
      autoComplete="off"
      spellCheck={false}
      hint={hint}
      error={error}
    />
  )
}
