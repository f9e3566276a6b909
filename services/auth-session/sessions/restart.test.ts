import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { type AuthFixture, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { sessionHolder } from '../testing/session-holder.ts'
import { listSessions } from './session-list.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

test('sessions outlive a killed Redis and a new instance, with their level, expiries and order', async () => {
  const holder = await sessionHolder(auth, { roles: ['operator'], aal: 'aal2' })
  await auth.deps.sessions.open('north', holder.user.id, 'aal1')
  const renewed = await auth.deps.sessions.rotate('north', holder.tokenHash, { aal: 'aal2' })
  const list = () => listSessions(auth.redis, 'north', holder.user.id)
  const before = await list()
  await auth.crash()
  const instance = await auth.replica()
  const answer = await instance.app.request('/auth/session', {
    headers: { Authorization: `Bearer ${renewed?.token}`, 'X-Background': '1' },
  })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ session: renewed?.view })
  expect(await list()).toEqual(before)
  expect(await holder.alive()).toBe(false)
})

test('while Redis is silent every answer is 503, and the same instance goes on when it is back', async () => {
  const holder = await sessionHolder(auth)
  const { process } = auth.server().child
  process.kill('SIGSTOP')
  try {
    const calls = [
      ['GET', '/auth/session'],
      ['GET', '/auth/sessions'],
      ['POST', '/auth/sessions/revoke-all'],
      ['DELETE', `/auth/sessions/${holder.tokenHash.slice(0, 16)}`],
    ] as const
    const answers = await Promise.all(calls.map(([method, path]) => holder.request(method, path)))
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503])
    for (const answer of answers) expect((await problemOf(answer)).code).toBe('redis-unavailable')
  } finally {
    process.kill('SIGCONT')
  }
  await until('it answers again', async () => (await holder.request('GET', '/auth/session')).status === 200)
}, 20_000)
