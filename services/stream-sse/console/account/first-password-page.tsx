import { PageTitle } from '../parts/page-title.tsx'
import { PasswordPanel } from './password-panel.tsx'

/** All that somebody sees whose password an administrator chose, until they have chosen their own. */
export function FirstPasswordPage({ email }: { readonly email: string }) {
  return (
    <>
      <PageTitle
        title="Choose a password of your own"
        text="The one you signed in with is known to whoever made your account. Your pages open afterwards."
      />
      <PasswordPanel email={email} />
    </>
  )
}
