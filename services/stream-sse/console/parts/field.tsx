import { type InputHTMLAttributes, type ReactNode, useId } from 'react'

interface Around {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
}

export type FieldProps = Around & Omit<InputHTMLAttributes<HTMLInputElement>, 'id'>

/** A named input with what to know before and what was wrong afterwards, tied to it for a screen reader. */
export function Field({ label, hint, error, ...input }: FieldProps) {
  const ids = useFieldIds(hint, error)
  return (
    <FieldFrame {...{ label, hint, error, ids }}>
      <input id={ids.input} {...ids.aria} {...input} />
    </FieldFrame>
  )
}

export interface TextFieldProps extends Around {
  readonly name: string
  readonly defaultValue?: string
  readonly rows?: number
  readonly maxLength?: number
  readonly isRequired?: boolean
  readonly isCode?: boolean
}

/** The same for text of several lines. */
export function TextField({ label, hint, error, rows = 3, isRequired, isCode, ...rest }: TextFieldProps) {
  const ids = useFieldIds(hint, error)
  return (
    <FieldFrame {...{ label, hint, error, ids }}>
      <textarea
        id={ids.input}
        {...ids.aria}
        {...rest}
        rows={rows}
        required={isRequired}
        spellCheck={!isCode}
        className={isCode ? 'code-area' : undefined}
      />
    </FieldFrame>
  )
}

export interface ChoiceFieldProps extends Around {
  readonly name: string
  /** Value and text of each choice. */
  readonly choices: readonly (readonly [value: string, text: string])[]
  readonly defaultValue?: string
  readonly value?: string
  readonly onChoose?: (value: string) => void
}

/** The same for one of several. */
export function ChoiceField({ label, hint, error, choices, onChoose, ...rest }: ChoiceFieldProps) {
  const ids = useFieldIds(hint, error)
  return (
    <FieldFrame {...{ label, hint, error, ids }}>
      <select id={ids.input} {...ids.aria} {...rest} onChange={(event) => onChoose?.(event.target.value)}>
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </FieldFrame>
  )
}

type Ids = ReturnType<typeof useFieldIds>

function useFieldIds(hint: string | undefined, error: string | undefined) {
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean)
  return {
    input: id,
    hint: `${id}-hint`,
    error: `${id}-error`,
    aria: {
      'aria-invalid': error !== undefined || undefined,
      'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
    },
  }
}

function FieldFrame({ label, hint, error, ids, children }: Around & { ids: Ids; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={ids.input}>{label}</label>
      {children}
      {hint !== undefined && (
        <p id={ids.hint} className="field-hint">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={ids.error} className="field-error">
          {error}
        </p>
      )}
    </div>
  )
}
