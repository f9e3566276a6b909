import { failureText } from './failure-text.ts'
import type { Deed } from './use-deed.ts'

/** Why something was not done, announced; what belongs to a field is said there too. */
export function DeedError({
  deed,
  fields = [],
}: {
  readonly deed: Deed
  readonly fields?: readonly string[]
}) {
  if (deed.error === undefined) return null
  const { text, code } = failureText(deed.error)
  const elsewhere = Object.entries(deed.fieldErrors).filter(([path]) => !fields.includes(path))
  return (
    <div className="form-error" role="alert">
      <p>
        {text} <code>{code}</code>
      </p>
      {elsewhere.length > 0 && (
        <ul>
          {elsewhere.map(([path, message]) => (
            <li key={path}>
              {path !== '' && <strong>{path}: </strong>}
              {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
