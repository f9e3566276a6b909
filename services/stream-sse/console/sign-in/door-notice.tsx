import { Notice } from '../parts/notice.tsx'
import type { SignOutReason } from '../use-session.ts'

const refusals: Readonly<Record<string, string>> = {
  'federation-refused': 'That account opens nothing here. Ask an administrator to link it to yours.',
  'provider-unavailable': 'The other service does not answer at the moment. Try again shortly.',
  'too-many-requests': 'There were too many tries from here. Wait a few minutes.',
}
const otherRefusal = 'Try again, or sign in with your password.'

export interface DoorNoticeProps {
  readonly reason: SignOutReason | undefined
  /** Why an identity provider's word was not taken. */
  readonly refusal: string | undefined
  /** A second step that was begun has expired. */
  readonly isLate: boolean
}

/** Why somebody stands at the door again. */
export function DoorNotice({ reason, refusal, isLate }: DoorNoticeProps) {
  if (isLate)
    return (
      <Notice tone="warn" title="That sign-in took too long" isAnnounced>
        <p>Start again with your e-mail address and password.</p>
      </Notice>
    )
  if (refusal !== undefined)
    return (
      <Notice tone="warn" title="That sign-in was not accepted" isAnnounced>
        <p>{refusals[refusal] ?? otherRefusal}</p>
      </Notice>
    )
  if (reason === 'signed-out') return <Notice tone="info" title="You are signed out" isAnnounced />
  if (reason === undefined) return null
  return (
    <Notice tone="info" title="Your session has ended" isAnnounced>
      <p>For the patients’ privacy it ends after a time without activity. Sign in to go on.</p>
    </Notice>
  )
}
