import type { SecondFactors } from '#lib/contract/second-factors.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { roleNames } from '../parts/names.ts'
import { PageTitle } from '../parts/page-title.tsx'
import { useReading } from '../parts/use-reading.ts'
import { AuthenticatorPanel } from './authenticator-panel.tsx'
import { LinkRefusal } from './link-refusal.tsx'
import { OwnIdentities } from './own-identities.tsx'
import { PasskeysPanel } from './passkeys-panel.tsx'
import { PasswordPanel } from './password-panel.tsx'
import { PracticesPanel } from './practices-panel.tsx'
import { RecoveryPanel } from './recovery-panel.tsx'
import { SessionsPanel } from './sessions-panel.tsx'

export interface AccountPageProps {
  readonly session: SessionAnswer
  /** Why an account elsewhere was not linked just now. */
  readonly refusal: string | undefined
}

/** What a person can look after by themselves: how they prove who they are, and where they are signed in. */
export function AccountPage({ session, refusal }: AccountPageProps) {
  const factors = useReading<SecondFactors>('/auth/mfa')
  const { user } = session
  return (
    <>
      <PageTitle title="Your account" text={`${user.email} · ${roleNames(user.roles)}`} />
      {refusal !== undefined && <LinkRefusal code={refusal} />}
      <PasskeysPanel factors={factors} />
      <AuthenticatorPanel factors={factors} />
      <RecoveryPanel factors={factors} />
      <PasswordPanel email={user.email} />
      <OwnIdentities />
      <SessionsPanel key={session.session.id} />
      <PracticesPanel />
    </>
  )
}
