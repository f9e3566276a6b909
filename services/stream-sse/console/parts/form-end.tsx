import { Button, type ButtonProps } from './button.tsx'
import { DeedError } from './deed-error.tsx'
import type { Deed } from './use-deed.ts'

export interface FormEndProps extends Pick<ButtonProps, 'kind'> {
  readonly deed: Deed
  /** The fields that say themselves what is wrong with them. */
  readonly fields: readonly string[]
  readonly verb: string
  readonly busyVerb: string
  /** Nothing to send yet. */
  readonly isIdle?: boolean
  readonly onCancel?: () => void
}

/** How a form ends: why it was refused, the button that sends it, and the way out. */
export function FormEnd({ deed, fields, verb, busyVerb, kind, isIdle = false, onCancel }: FormEndProps) {
  return (
    <>
      <DeedError deed={deed} fields={fields} />
      <div className="actions">
        <Button isSubmit {...(kind && { kind })} isBusy={deed.isBusy || isIdle}>
          {deed.isBusy ? busyVerb : verb}
        </Button>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </>
  )
}
