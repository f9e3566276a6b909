import { SecondFactors } from '#lib/contract/second-factors.ts'
import { parseToken } from '#lib/crypto/session-token.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { UserToCreate } from '../users/create-user.ts'
import { type AuthFixture, problemOf, tokenOf } from './auth-fixture.ts'
import { codeAt } from './totp-code.ts'

/** What tests of second factors do over and over, at one running app. */
export function secondFactorDesk(auth: AuthFixture) {
  const { redis } = auth
  const keyOf = (token: string) => {
    const { practiceId = '', hash = '' } = parseToken(token) ?? {}
    return sessionKeys.session(practiceId, hash)
  }
  const send = (token: string, method: string, path: string, body?: unknown) =>
    auth.app.request(
      path,
      {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
      { address: '203.0.113.7' },
    )

  return {
    send,
    /** A user, and the token of a sign-in with all they have; its TOTP step is given back, so that codes are fresh. */
    async person(wanted: Partial<UserToCreate> = {}) {
      const user = await auth.user(wanted)
      const first = await auth.login(user.email)
      if (user.totpSecret === undefined) return { ...user, token: await tokenOf(first) }
      const { challengeId = '' } = await problemOf(first)
      const token = await tokenOf(auth.mfa(challengeId, codeAt(auth.deps.now(), user.totpSecret)))
      await redis.hdel(sessionKeys.user(user.practiceId, user.id), 'totpLastStep')
      return { ...user, token }
    },
    /** A fresh session of one factor, as a provider's sign-in gives one. */
    async weakSession(userId: string, practiceId = 'north') {
      const user = await auth.deps.users.find(practiceId, userId)
      const session = await auth.deps.sessions.open(practiceId, userId, 'aal1', {
        epochs: user?.epochs ?? '',
      })
      return session?.token ?? ''
    },
    /** Makes the session's last proof that much older. */
    age: (token: string, ms: number) => redis.hincrby(keyOf(token), 'provedAt', -ms),
    factors: async (token: string) =>
      SecondFactors.parse(await (await send(token, 'GET', '/auth/mfa')).json()),
    /** Runs it while no audit event can be written. */
    async withoutAudit<T>(work: () => T | Promise<T>): Promise<T> {
      const log = '{audit:north}:log'
      await redis.rename(log, `${log}:aside`)
      await redis.set(log, 'not a stream')
      try {
        return await work()
      } finally {
        await redis.rename(`${log}:aside`, log)
      }
    },
    /** Every key and value in Redis, as text. */
    async dump(): Promise<string> {
      const parts: string[] = []
      for (const key of await redis.keys('*')) {
        const type = await redis.type(key)
        if (type === 'string') parts.push(key, (await redis.get(key)) ?? '')
        if (type === 'hash') parts.push(key, ...Object.entries(await redis.hgetall(key)).flat())
        if (type === 'set') parts.push(key, ...(await redis.smembers(key)))
        if (type === 'zset') parts.push(key, ...(await redis.zrange(key, '-inf', '+inf', 'BYSCORE')))
        if (type === 'stream') parts.push(key, JSON.stringify(await redis.xrange(key, '-', '+')))
      }
      return parts.join('\n')
    },
  }
}

export type SecondFactorDesk = ReturnType<typeof secondFactorDesk>
