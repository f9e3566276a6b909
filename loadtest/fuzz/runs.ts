import type { Stack } from '../../deploy/local/stack.ts'
import type { Found } from './found.ts'
import type { FuzzRun } from './settings.ts'

/** What the load balancer does not lead to, though each service's document names it. */
const health = '^GET /(healthz|readyz|redis-health)$'

/** They ask for a password, a code, a passkey or a token: with one made up they refuse, as they must. */
const secrets =
  '^POST /auth/(login|login/mfa|token|step-up|password|practices|identities|mfa/totp/verify|passkeys/[a-z]+/verify)$'

/** Where sessions are had, by who. */
type Sessions = Readonly<Record<'operator' | 'administrator' | 'neighbour', string>>

/** Every operation of the three documents; what one run leaves out is in another. */
export function runsFor(
  { baseUrl, urls }: Pick<Stack, 'baseUrl' | 'urls'>,
  { operator, administrator, neighbour }: Sessions,
  { ended, dead, users }: Found,
): FuzzRun[] {
  const of = (name: string, caller: string) => ({
    document: `${baseUrl}/${name}/openapi.json`,
    sessions: { caller, neighbour },
    requestTimeoutSeconds: 10,
  })
  // An open stream on which nothing happens is left after this time.
  const events = { ...of('events', operator), requestTimeoutSeconds: 2 }
  const tebra = of('tebra', operator)
  const auth = { ...of('auth', administrator), unguessable: secrets }
  const naming = (id: string) => ({ parameters: { 'path.id': id } })
  const [read, requeued, resolved] = dead
  const [changed, removed] = users
  const healthOf = (name: string, url: string) => ({
    ...{ document: `${baseUrl}/${name}/openapi.json`, baseUrl: url, include: health },
    requestTimeoutSeconds: 10,
  })
  return [
    { ...events, exclude: health },
    { ...tebra, include: '^(GET|POST) /tebra/requests/\\{id\\}', ...naming(ended) },
    { ...tebra, include: '^GET /tebra/dead-letters/\\{id\\}$', ...naming(read) },
    { ...tebra, include: '^POST /tebra/dead-letters/\\{id\\}/requeue$', ...naming(requeued) },
    { ...tebra, include: '^POST /tebra/dead-letters/\\{id\\}/resolve$', ...naming(resolved) },
    { ...tebra, include: 'resume$', parameters: { 'path.practice': 'demo-clinic' } },
    // Waiting for the end of a request under way takes as long as it says.
    { ...tebra, exclude: health, parameters: { 'query.wait': 0 } },
    { ...auth, include: '^(GET|PATCH|POST) /auth/users/\\{id\\}', ...naming(changed) },
    { ...auth, include: '^DELETE /auth/users/\\{id\\}$', ...naming(removed) },
    { ...auth, exclude: `${health}|^PUT /auth/roles$` },
    // After it an administrator may do what the fuzzer likes, so it comes last.
    { ...auth, include: '^PUT /auth/roles$' },
    healthOf('auth', urls['auth-session']),
    healthOf('tebra', urls['tebra-proxy-worker']),
    healthOf('events', urls['stream-sse']),
  ]
}
