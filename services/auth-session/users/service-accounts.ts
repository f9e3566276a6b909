import type { Context } from 'hono'
import { PracticeId, Uuid } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { SessionToken } from '../sessions/session-store.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import { type User, unknownPractice } from './user-store.ts'

const nobody = { practiceId: unknownPractice, id: unknownPractice }

export const clientIdOf = ({ practiceId, id }: { practiceId: string; id: string }) => `${practiceId}.${id}`

/** How a program's session is shown: its client id stands where a person has an address. */
export async function programUser(
  deps: Pick<AuthDeps, 'programs'>,
  session: { practiceId: string; userId: string },
): Promise<Pick<User, 'email' | 'roles'> | undefined> {
  const program = await deps.programs.find({ practiceId: session.practiceId, id: session.userId })
  return program && { email: clientIdOf(program), roles: program.roles }
}

/** `<practice>.<id>`; of one that cannot be anybody's a place where nobody is. */
function placeOf(clientId: string): typeof nobody {
  const [practiceId, id, ...more] = clientId.split('.')
  const good = PracticeId.safeParse(practiceId).success && Uuid.safeParse(id).success && more.length === 0
  return good && practiceId !== undefined && id !== undefined ? { practiceId, id } : nobody
}

/**
 * Signs a program in by its id and secret (RFC 6749 §4.4): limited and audited like a person. Throws
 * `invalid-credentials` in every case in which it is refused, and `too-many-requests`.
 */
export async function signInServiceAccount(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  credentials: { clientId: string; clientSecret: string },
): Promise<SessionToken> {
  const place = placeOf(credentials.clientId)
  const { practiceId, id } = place
  // Nobody guesses 32 random bytes: a counter of the account would only let others keep the program out.
  const address = deps.index.address(clientAddress(c, deps.trustedProxies))
  const attempt = { account: undefined, address }
  await deps.limiter.admit(attempt)

  const known = await deps.programs.verify(place, credentials.clientSecret)
  // The levels are made for people; roles that demand a second factor of them are open to a key of 256 bits.
  const session = known ? await deps.sessions.open(practiceId, id, 'aal2') : undefined
  if (!session) {
    await deps.limiter.fail(attempt)
    const program = await deps.programs.find(place)
    await deps.audit.append({
      action: 'session.login-failed',
      actor: program ? id : unknownPractice,
      // A name that nobody has must not make an audit chain of its own.
      practiceId: program ? practiceId : unknownPractice,
      entity: program
        ? `ServiceAccount/${id}`
        : `Login/${deps.index.account(credentials.clientId).slice(0, 16)}`,
      outcome: 'failure',
      requestId: c.var.requestId,
      reason: program ? 'wrong-secret' : 'unknown-account',
    })
    throw new DomainError('invalid-credentials')
  }

  try {
    await deps.audit.append({
      action: 'session.login',
      actor: id,
      practiceId,
      entity: `Session/${session.view.id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
  } catch (error) {
    await deps.sessions
      .end(practiceId, session.tokenHash)
      .catch((cause: unknown) => c.var.log.warn({ err: cause }, 'session not taken back'))
    throw error
  }
  return session
}
