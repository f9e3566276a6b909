import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SessionEnded } from '#lib/contract/session.ts'
import { until } from '#lib/processes/wait.ts'
import { connectSubscriber, disconnect, untilReady } from '#lib/redis/connect.ts'
import { type AuthFixture, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { sessionHolder } from '../testing/session-holder.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'
import { revokeEveryone, revokePractice, revokeUser } from './revoke-sessions.ts'

let auth: AuthFixture
const heard: SessionEnded[] = []
let subscriber: ReturnType<typeof connectSubscriber>
beforeAll(async () => {
  auth = await startAuth({ env: { HASH_CONCURRENCY: '8', HASH_QUEUE_MAX: '1000' } })
  subscriber = connectSubscriber({ url: auth.url, name: 'test' }, { onError: () => {} })
  await untilReady(subscriber)
  await subscriber.subscribe('session-ended')
  subscriber.on('message', (_, text) => heard.push(SessionEnded.parse(JSON.parse(text))))
})
afterAll(async () => {
  disconnect(subscriber)
  await auth.stop()
})

const path = '/auth/sessions/revoke-all'
const admin = (practiceId?: string) =>
  sessionHolder(auth, { roles: ['admin'], aal: 'aal2', ...(practiceId && { practiceId }) })
const alive = async (token: string) => (await auth.session(token, { 'X-Background': '1' })).status === 200

describe('POST /auth/sessions/revoke-all', () => {
  test.each([undefined, {}, { scope: 'user' }])('ends all of one’s own with the body %j', async (body) => {
    const one = await sessionHolder(auth)
    const second = await auth.deps.sessions.open('north', one.user.id, 'aal1')
    const colleague = await sessionHolder(auth)
    await one.grow(3_600_000)
    expect((await one.request('POST', path, body)).status).toBe(204)
    expect([await one.alive(), await alive(second?.token ?? ''), await colleague.alive()]).toEqual([
      false,
      false,
      true,
    ])
    await until('the end is published', () => heard.some(({ userId }) => userId === one.user.id))
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'session.revoke-all',
      actor: one.user.id,
      entity: `User/${one.user.id}`,
    })
  })

  test('lets who manages users end another’s, and the whole practice’s, with a fresh proof only', async () => {
    const [manager, clerk, stranger] = [await admin(), await sessionHolder(auth), await admin('south')]
    const wanted = { scope: 'user', userId: clerk.user.id }
    await manager.grow(300_001)
    for (const body of [wanted, { scope: 'practice' }]) {
      const refused = await problemOf(manager.request('POST', path, body))
      expect(refused).toMatchObject({ code: 'step-up-required', needs: { freshMs: 300_000 } })
    }
    await manager.grow(-300_001)
    expect((await manager.request('POST', path, wanted)).status).toBe(204)
    expect([await clerk.alive(), await manager.alive()]).toEqual([false, true])
    expect((await manager.request('POST', path, { scope: 'practice' })).status).toBe(204)
    expect([await manager.alive(), await stranger.alive()]).toEqual([false, true])
    await until('the end is published', () =>
      heard.some(({ practiceId, userId, tokenHash }) => practiceId === 'north' && !userId && !tokenHash),
    )
  })

  test('is refused to others, of one factor, and for whom the practice does not have', async () => {
    const [clerk, target, elsewhere] = [
      await sessionHolder(auth),
      await sessionHolder(auth),
      await admin('south'),
    ]
    const weak = await sessionHolder(auth, { roles: ['admin'] })
    const ofTarget = { scope: 'user', userId: target.user.id }
    expect(await clerk.code('POST', path, ofTarget)).toBe('forbidden')
    expect(await clerk.code('POST', path, { scope: 'practice' })).toBe('forbidden')
    expect(await problemOf(weak.request('POST', path, ofTarget))).toMatchObject({
      code: 'step-up-required',
      needs: { aal: 'aal2' },
    })
    expect(await elsewhere.code('POST', path, ofTarget)).toBe('not-found')
    expect(await clerk.code('POST', path, { ...ofTarget, scope: 'practice' })).toBe('invalid-request')
    expect(await target.alive()).toBe(true)
  })

  test('everyone means every practice', async () => {
    const sessions = await Promise.all(
      ['north', 'south', 'west'].map((practiceId) => sessionHolder(auth, { practiceId })),
    )
    const by = { actor: 'operator', requestId: 'request-1', reason: 'a stolen backup' }
    expect(await revokeEveryone(auth.deps, by)).toBeGreaterThanOrEqual(3)
    expect((await auth.audited('west')).at(-1)).toMatchObject({ action: 'session.revoke-all', ...by })
    expect(await Promise.all(sessions.map((one) => one.alive()))).toEqual([false, false, false])
    expect(await (await sessionHolder(auth)).alive()).toBe(true)
  })

  test('makes nobody up', async () => {
    expect(await revokeUser(auth.redis, 'north', 'nobody')).toBe(false)
    expect(await auth.redis.exists('{p:north}:access:nobody')).toBe(0)
  })
})

describe('what runs beside a revocation', () => {
  /** Starts sign-ins and answers when each has read who it is; some hash by then, some have ended. */
  const signInsUnderWay = async (email: string, count: number) => {
    const find = vi.spyOn(auth.deps.users, 'find')
    const logins = Array.from({ length: count }, () => auth.login(email))
    let ended = 0
    for (const login of logins) void Promise.resolve(login).then(() => (ended += 1))
    await until(
      'all have looked the user up',
      () => find.mock.settledResults.filter(isThere).length === count,
    )
    find.mockRestore()
    return { logins, ended: () => ended }
  }
  const isThere = ({ type }: { type: string }) => type === 'fulfilled'
  const surviving = async (logins: readonly (Response | Promise<Response>)[]) => {
    const answers = await Promise.all(logins)
    const tokens = await Promise.all(answers.filter(({ ok }) => ok).map((answer) => tokenOf(answer)))
    return (await Promise.all(tokens.map(alive))).filter(Boolean).length
  }

  test('20 sign-ins that were under way leave no session, however far each was, over 25 rounds', async () => {
    const { email, id } = await auth.user()
    for (let round = 0; round < 25; round += 1) {
      const { logins, ended } = await signInsUnderWay(email, 20)
      await until('some have ended', () => ended() >= round % 20)
      await (round % 2 === 0 ? revokeUser(auth.redis, 'north', id) : revokePractice(auth.redis, 'north'))
      expect(await surviving(logins), `round ${round}`).toBe(0)
    }
  }, 120_000)

  test('a sign-in that waits for its second factor ends with it', async () => {
    const { email, id } = await auth.user({ totpSecret })
    const asked = await problemOf(auth.login(email))
    expect(asked.code).toBe('mfa-required')
    await revokeUser(auth.redis, 'north', id)
    const answer = await auth.mfa(asked.challengeId ?? '', codeAt(auth.deps.now()))
    expect(await problemOf(answer)).toMatchObject({
      code: 'invalid-code',
      detail: 'Start again with your password.',
    })
  })

  test('sign-ins that were under way when their user was disabled leave no session', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { email, id } = await auth.user()
      const { logins, ended } = await signInsUnderWay(email, 8)
      await until('some have ended', () => ended() >= round)
      await auth.redis.hset(`{p:north}:access:${id}`, 'disabled', '1')
      expect(await surviving(logins)).toBe(0)
    }
  }, 60_000)

  test('a touch gives a revoked session no access back', async () => {
    const { user, tokenHash, alive: isAlive } = await sessionHolder(auth)
    for (let n = 0; n < 20; n += 1) {
      const touches = Array.from({ length: 10 }, () => auth.deps.sessions.touch('north', tokenHash))
      await Promise.all([...touches, revokeUser(auth.redis, 'north', user.id), ...touches])
      await auth.deps.sessions.touch('north', tokenHash)
      expect(await isAlive()).toBe(false)
    }
  })
})
