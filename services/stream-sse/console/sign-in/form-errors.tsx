import type { SignInAttempt } from './use-sign-in-attempt.ts'

/** What stands between the fields and the button when a try failed or is held back. */
export function FormErrors({ id, attempt }: { readonly id: string; readonly attempt: SignInAttempt }) {
  return (
    <div id={id} className="form-errors">
      {attempt.error !== undefined && (
        <p className="form-error" role="alert">
          {attempt.error}
        </p>
      )}
      {attempt.waitSeconds > 0 && (
        <>
          <p className="form-error" role="alert">
            Too many tries. For safety this account is held back for a moment.
          </p>
          <p className="form-hint">You can try again in {attempt.waitSeconds} s.</p>
        </>
      )}
    </div>
  )
}
