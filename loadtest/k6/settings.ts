import { allowedTarget, isLoopback } from './allowed-target.ts'

/** One who can sign in without a second factor; the form of .local/demo-users.json. */
export interface LoadUser {
  readonly email: string
  readonly password: string
  readonly roles: readonly string[]
  readonly totpSecret?: string
}

export const baseUrl = allowedTarget(__ENV.BASE_URL ?? 'http://localhost:8080', __ENV.ALLOW_REMOTE)

/** Whether the load runs on the clock of the machine under load, so that its timestamps can be compared. */
export const sameClock = isLoopback(baseUrl)

/** With CANARY=1 the load balancer leads to the revisions that take no other traffic. */
export const targetHeaders: Readonly<Record<string, string>> = __ENV.CANARY === '1' ? { 'x-canary': '1' } : {}

const mayRead = (user: LoadUser): boolean =>
  user.totpSecret === undefined && user.roles.some((role) => role === 'front-desk' || role === 'clinician')

function readUsers(): LoadUser[] {
  const text = __ENV.LOAD_USERS
  if (!text) throw new Error('LOAD_USERS is required: JSON of users, as in .local/demo-users.json')
  const users = (JSON.parse(text) as LoadUser[]).filter(mayRead)
  if (users.length === 0) throw new Error('LOAD_USERS has no front-desk or clinician without a second factor')
  return users
}

export const users: readonly LoadUser[] = readUsers()
