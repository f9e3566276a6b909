import type { Role } from '#lib/contract/permissions.ts'
import { allRoles, inWords, roleHints } from '../parts/names.ts'

export interface RoleChoiceProps {
  readonly given?: readonly Role[]
  readonly without?: readonly Role[]
  readonly error?: string | undefined
  /** What stands around it says already that these are roles. */
  readonly isTitled?: boolean
}

/** The roles somebody has, each with what it is for; the boxes are named `roles`. */
export function RoleChoice({ given = [], without = [], error, isTitled = false }: RoleChoiceProps) {
  return (
    <fieldset className="ticks" aria-describedby={error === undefined ? undefined : 'roles-error'}>
      <legend className={isTitled ? 'visually-hidden' : undefined}>Roles</legend>
      {allRoles
        .filter((role) => !without.includes(role))
        .map((role) => (
          <label key={role} className="tick">
            <input type="checkbox" name="roles" value={role} defaultChecked={given.includes(role)} />
            <span>
              {inWords(role)} <span className="muted">{roleHints[role]}</span>
            </span>
          </label>
        ))}
      {error !== undefined && (
        <p id="roles-error" className="field-error">
          {error}
        </p>
      )}
    </fieldset>
  )
}
