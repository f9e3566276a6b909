import type { ServiceCall } from '#lib/client/call-service.ts'
import type { UserAccount } from '#lib/contract/users.ts'

/** What an administrator can do to a user's access, with what follows from it. */
export interface UserDeed {
  readonly name: string
  readonly text: string
  readonly isDanger: boolean
  /** Afterwards there is no such user. */
  readonly isLeaving?: boolean
  readonly isFor: (user: UserAccount) => boolean
  readonly call: (id: string) => [path: string, call: ServiceCall]
}

const always = () => true
const post = (path: string, body: object = {}): [string, ServiceCall] => [path, { method: 'POST', body }]

export const userDeeds: readonly UserDeed[] = [
  {
    name: 'Sign out everywhere',
    text: 'Every session ends at once. The user can sign in again.',
    isDanger: false,
    isFor: ({ disabled }) => !disabled,
    call: (id) => post('/auth/sessions/revoke-all', { userId: id }),
  },
  {
    name: 'Reset second factors',
    text: 'All passkeys, the authenticator app and the recovery codes are void, and every session ends. They enrol anew.',
    isDanger: true,
    isFor: always,
    call: (id) => post(`/auth/users/${id}/reset-mfa`),
  },
  {
    name: 'Disable',
    text: 'All access ends at once, until you enable the account again.',
    isDanger: true,
    isFor: ({ disabled }) => !disabled,
    call: (id) => post(`/auth/users/${id}/disable`),
  },
  {
    name: 'Enable',
    text: 'The user can sign in again.',
    isDanger: false,
    isFor: ({ disabled }) => disabled,
    call: (id) => post(`/auth/users/${id}/enable`),
  },
  {
    name: 'Remove',
    text: 'All access and all personal data go. The audit log keeps the id. This cannot be taken back.',
    isDanger: true,
    isLeaving: true,
    isFor: always,
    call: (id) => [`/auth/users/${id}`, { method: 'DELETE' }],
  },
]
