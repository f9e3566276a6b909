import { afterAll, beforeAll, expect, test } from 'vitest'
import { LoginAnswer } from '#lib/contract/session.ts'
import { type AuthFixture, origin, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { askWith, type SignedIn, signedIn } from '../testing/signed-in.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

let places = 0
/** One person with an account in each of two practices. */
async function person(aal: 'aal1' | 'aal2' = 'aal2') {
  places += 1
  const here = await signedIn(auth, { practiceId: `east-${places}` }, aal)
  const there = await signedIn(auth, { practiceId: `west-${places}`, roles: ['clinician'] }, aal)
  return { here, there }
}
const link = (one: SignedIn, other: SignedIn) => one.ask('POST', '/auth/practices', { token: other.token })
const linkedPerson = async (aal: 'aal1' | 'aal2' = 'aal2') => {
  const both = await person(aal)
  expect((await link(both.here, both.there)).status).toBe(204)
  return both
}
const change = ({ ask }: Pick<SignedIn, 'ask'>, practiceId: string) =>
  ask('POST', '/auth/session/practice', { practiceId })
const changed = async (from: Pick<SignedIn, 'ask'>, practiceId: string) => {
  const answer = await change(from, practiceId)
  expect(answer.status).toBe(200)
  const body = LoginAnswer.parse(await answer.json())
  return { ...body, ask: askWith(auth, body.token ?? '') }
}
const practicesOf = async ({ ask }: Pick<SignedIn, 'ask'>) =>
  ((await (await ask('GET', '/auth/practices')).json()) as { practices: { practiceId: string }[] }).practices
const alive = async ({ token }: { token: string }) => (await auth.session(token)).status === 200

test('a person goes on in the other practice as the account there, and the session here ends', async () => {
  const { here, there } = await linkedPerson()
  expect(await (await auth.login(here.email)).json()).toMatchObject({ practices: [there.practiceId] })
  expect(await practicesOf(here)).toEqual([
    { practiceId: here.practiceId, current: true },
    { practiceId: there.practiceId, current: false },
  ])
  const next = await changed(here, there.practiceId)
  expect(next.user).toEqual({
    id: there.id,
    email: there.email,
    practiceId: there.practiceId,
    roles: ['clinician'],
  })
  expect(next.session.aal).toBe('aal2')
  expect(next.token?.startsWith(`${there.practiceId}.`)).toBe(true)
  expect(await alive(here)).toBe(false)
  const back = await changed(next, here.practiceId)
  expect(back.user.id).toBe(here.id)
})

test('a browser gets the new session as its cookie', async () => {
  const { here, there } = await linkedPerson()
  const answer = await auth.post(
    '/auth/session/practice',
    { practiceId: there.practiceId },
    { Cookie: `__Host-session=${here.token}`, Origin: origin },
  )
  expect(answer.headers.get('Set-Cookie')).toContain(`__Host-session=${there.practiceId}.`)
  expect(await answer.json()).not.toHaveProperty('token')
})

test('changing the practice makes no session younger, longer or more freshly proved', async () => {
  const { here, there } = await linkedPerson()
  const key = `{p:${here.practiceId}}:session:${here.tokenHash}`
  const begun = Date.now() - 3_600_000
  const end = Date.now() + 1_800_000
  await auth.redis.hset(key, { createdAt: begun, provedAt: begun, absoluteExpiresAt: end })
  const next = await changed(here, there.practiceId)
  expect(Date.parse(next.session.createdAt)).toBe(begun)
  expect(Date.parse(next.session.absoluteExpiresAt)).toBe(end)
  expect((await next.ask('POST', '/auth/practices', { token: there.token })).status).toBe(403)
})

test('a practice that is not linked is answered like one that does not exist', async () => {
  const { here, there } = await person()
  const answers = await Promise.all([change(here, there.practiceId), change(here, 'no-such-practice')])
  const seen = await Promise.all(
    answers.map(async (answer) => ({
      status: answer.status,
      headers: [...answer.headers.keys()].sort(),
      body: { ...(await problemOf(answer)), requestId: '' },
    })),
  )
  expect(seen[0]?.status).toBe(404)
  expect(seen[1]).toEqual(seen[0])
  expect(await alive(here)).toBe(true)
})

test('linking needs a fresh proof of both accounts, in two practices', async () => {
  const { here, there } = await person()
  expect((await here.ask('POST', '/auth/practices', { token: here.token })).status).toBe(401)
  expect(
    (await here.ask('POST', '/auth/practices', { token: `${there.practiceId}.${'A'.repeat(43)}` })).status,
  ).toBe(401)
  for (const stale of [here, there]) {
    const key = `{p:${stale.practiceId}}:session:${stale.tokenHash}`
    const provedAt = await auth.redis.hget(key, 'provedAt')
    await auth.redis.hset(key, 'provedAt', '1')
    expect((await problemOf(link(here, there))).code).toBe('step-up-required')
    await auth.redis.hset(key, 'provedAt', provedAt ?? '')
  }
  expect((await link(here, there)).status).toBe(204)
})

test('neither practice’s audit log names the other', async () => {
  const { here, there } = await linkedPerson()
  const next = await changed(here, there.practiceId)
  await changed(next, here.practiceId)
  for (const [own, other] of [
    [here, there],
    [there, here],
  ] as const) {
    const events = await auth.audited(own.practiceId)
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['practice.link', 'session.switch', 'session.logout']),
    )
    expect(JSON.stringify(events)).not.toContain(other.practiceId)
    expect(JSON.stringify(events)).not.toContain(other.id)
  }
})

test('an account with a second factor is not entered with one factor less', async () => {
  const { here, there } = await linkedPerson('aal1')
  const next = await changed(here, there.practiceId)
  expect(next.session.aal).toBe('aal1')
  const again = await changed(next, here.practiceId)
  await auth.redis.hset(`{p:${there.practiceId}}:user:${there.id}`, 'totp', 'sealed')
  expect(
    (await auth.deps.secondFactors.methods({ practiceId: there.practiceId, userId: there.id })).length,
  ).toBe(1)
  await auth.redis.hdel(`{p:${there.practiceId}}:user:${there.id}`, 'totp')
  await auth.redis.hset(`{p:${there.practiceId}}:passkeys:${there.id}`, 'key', 'sealed')
  expect((await problemOf(change(again, there.practiceId))).code).toBe('step-up-required')
})

test('a link is void once either account’s sessions were revoked, until it is made anew', async () => {
  const { here, there } = await linkedPerson()
  await auth.redis.hincrby(`{p:${there.practiceId}}:access:${there.id}`, 'epoch', 1)
  expect((await change(here, there.practiceId)).status).toBe(404)
  expect(await practicesOf(here)).toHaveLength(1)

  const other = await linkedPerson()
  expect((await other.here.ask('POST', '/auth/sessions/revoke-all', {})).status).toBe(204)
  const anew = await auth.deps.sessions.open(other.here.practiceId, other.here.id, 'aal2')
  const again = { ask: askWith(auth, anew?.token ?? '') }
  expect((await change(again, other.there.practiceId)).status).toBe(404)
  expect((await again.ask('POST', '/auth/practices', { token: other.there.token })).status).toBe(204)
  await changed(again, other.there.practiceId)
})

test('whoever is disabled in one practice loses the sessions that were entered from there, and no more', async () => {
  const { here, there } = await linkedPerson()
  const boss = await signedIn(auth, { practiceId: here.practiceId, roles: ['admin'] })
  const next = await changed(here, there.practiceId)
  expect((await boss.ask('POST', `/auth/users/${here.id}/disable`)).status).toBe(200)
  expect((await next.ask('GET', '/auth/session')).status).toBe(401)
  const signIn = await auth.login(there.email)
  expect(signIn.status).toBe(200)
})

test('no session is left in the other practice, however the disabling and the change meet', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { here, there } = await linkedPerson()
    const boss = await signedIn(auth, { practiceId: here.practiceId, roles: ['admin'] })
    const [, answer] = await Promise.all([
      boss.ask('POST', `/auth/users/${here.id}/disable`),
      change(here, there.practiceId),
    ])
    if (answer.status !== 200) continue
    const { token = '' } = LoginAnswer.parse(await answer.json())
    expect(await alive({ token })).toBe(false)
  }
})

test('of two changes at once one goes on', async () => {
  const { here, there } = await linkedPerson()
  const answers = await Promise.all([change(here, there.practiceId), change(here, there.practiceId)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
})

test('a link that is cut is gone both ways', async () => {
  const { here, there } = await linkedPerson()
  expect((await there.ask('DELETE', `/auth/practices/${here.practiceId}`)).status).toBe(204)
  expect((await change(here, there.practiceId)).status).toBe(404)
  expect((await there.ask('DELETE', `/auth/practices/${here.practiceId}`)).status).toBe(404)
})

test('a change that cannot be audited leaves the session here and none there', async () => {
  const { here, there } = await linkedPerson()
  await auth.redis.set(`{audit:${there.practiceId}}:log`, 'no stream')
  const before = await auth.redis.zcard(`{p:${there.practiceId}}:sessions:${there.id}`)
  expect((await change(here, there.practiceId)).status).toBe(500)
  expect(await alive(here)).toBe(true)
  expect(await auth.redis.zcard(`{p:${there.practiceId}}:sessions:${there.id}`)).toBe(before)
})
