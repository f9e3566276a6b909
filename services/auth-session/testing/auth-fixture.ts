import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { readConfig } from '#lib/config/read-config.ts'
import type { Problem } from '#lib/contract/problem.ts'
import type { LoginAnswer } from '#lib/contract/session.ts'
import { createGround } from '#lib/lifecycle/open-service.ts'
import { createLogger } from '#lib/observability/logger.ts'
import { createMetrics } from '#lib/observability/metrics.ts'
import { lavishRates } from '#lib/testing/lavish-rates.ts'
import { startTestRedis } from '#lib/testing/redis.ts'
import { createApp } from '../app.ts'
import { createAuthDeps, serviceName } from '../auth-deps.ts'
import { AuthSessionConfig } from '../config.ts'
import type { ChallengeLimits } from '../sign-in/challenge-store.ts'
import type { LoginLimits } from '../sign-in/login-limiter.ts'
import { createUser, type UserToCreate } from '../users/create-user.ts'

export const origin = 'https://clinic.example'
export const password = 'correct horse battery'
const secret = () => randomBytes(32).toString('base64')

export interface FixtureOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly loginLimits?: LoginLimits
  readonly challengeLimits?: ChallengeLimits
}

/** The app against a Redis of its own, a clock the test moves, and every log line that was written. */
export async function startAuth(options: FixtureOptions = {}) {
  const server = await startTestRedis()
  const env = {
    REDIS_URL: server.url,
    PUBLIC_ORIGINS: origin,
    PHI_KEY: secret(),
    AUDIT_KEY: secret(),
    PASSWORD_PEPPER: secret(),
    LOGIN_INDEX_KEY: secret(),
    ...lavishRates,
    ...options.env,
  }
  const config = readConfig(AuthSessionConfig, env)
  const lines: string[] = []
  const logger = createLogger(
    { service: 'auth-session', version: 'test', level: 'info' },
    { write: (line) => lines.push(line) },
  )
  const clock = { offsetMs: 0, advance: (ms: number) => (clock.offsetMs += ms) }
  const now = () => Date.now() + clock.offsetMs
  const { loginLimits, challengeLimits } = options

  /** Another replica: its own app and caches over the same Redis and keys, and other settings where given. */
  const replica = async (other: Readonly<Record<string, string>> = {}) => {
    const config = readConfig(AuthSessionConfig, { ...env, ...other })
    const metrics = createMetrics(serviceName)
    const ground = createGround({ service: serviceName, config, redis: server.redis, logger, metrics, now })
    const deps = await createAuthDeps(ground, config, {
      verifyBcrypt: (password, hash) => Bun.password.verify(password, hash, 'bcrypt'),
      ...(loginLimits && { login: loginLimits }),
      ...(challengeLimits && { challenge: challengeLimits }),
    })
    return { deps, app: createApp({ ...deps, touches: () => true }) }
  }
  const { deps, app } = await replica()
  let people = 0

  const post = (path: string, body: unknown, headers: Record<string, string> = {}, address = '203.0.113.7') =>
    app.request(
      path,
      {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      },
      { address },
    )

  return {
    ...server,
    env,
    config,
    deps,
    app,
    lines,
    clock,
    replica,
    post,
    /** Creates a user of practice `north` and answers what was asked for and the id. */
    async user(wanted: Partial<UserToCreate> = {}) {
      people += 1
      const full = {
        email: `person${people}@clinic.example`,
        password,
        practiceId: 'north',
        roles: ['front-desk'] as const,
        ...wanted,
      }
      const id = await createUser(deps, full, { actor: 'test', requestId: uuidv7() })
      if (id === undefined) throw new Error('the practice has a user of that address')
      return { ...full, id }
    },
    login: (email: string, given = password, more: Record<string, unknown> = { delivery: 'bearer' }) =>
      post('/auth/login', { email, password: given, ...more }),
    mfa: (challengeId: string, totp: string) =>
      post('/auth/login/mfa', { challengeId, totp, delivery: 'bearer' }),
    session: (token: string, headers: Record<string, string> = {}) =>
      app.request('/auth/session', { headers: { Authorization: `Bearer ${token}`, ...headers } }),
    logout: (token: string) => post('/auth/logout', undefined, { Authorization: `Bearer ${token}` }),
    /** The events of a practice's audit chain, oldest first. */
    async audited(practiceId = 'north') {
      const entries = await server.redis.xrange(`{audit:${practiceId}}:log`, '-', '+')
      return entries.map(([, fields]) => JSON.parse(fields[3] ?? '') as Record<string, string>)
    },
  }
}

export type AuthFixture = Awaited<ReturnType<typeof startAuth>>

export const problemOf = async (response: Response | Promise<Response>): Promise<Problem> =>
  (await (await response).json()) as Problem

/** The token of a sign-in that must have worked. */
export async function tokenOf(response: Response | Promise<Response>): Promise<string> {
  const answer = await response
  const body = (await answer.json()) as LoginAnswer & Problem
  if (answer.status !== 200 || body.token === undefined)
    throw new Error(`no token: ${answer.status} ${body.code}`)
  return body.token
}
