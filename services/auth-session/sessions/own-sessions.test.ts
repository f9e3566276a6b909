import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toldEvents } from '#lib/bus/testing/told-events.ts'
import { LoginAnswer, SessionList } from '#lib/contract/session.ts'
import { type AuthFixture, password, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { sessionHolder } from '../testing/session-holder.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const edge =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0'
const loginFrom = (email: string, agent: string, address?: string) =>
  auth.post('/auth/login', { email, password, delivery: 'bearer' }, { 'User-Agent': agent }, address)
const answerOf = async (response: Response | Promise<Response>) =>
  LoginAnswer.parse(await (await response).json())
const listOf = async (token: string) => {
  const answer = await auth.app.request('/auth/sessions', { headers: { Authorization: `Bearer ${token}` } })
  return SessionList.parse(await answer.json())
}

describe('GET /auth/sessions', () => {
  test('shows the caller’s sessions with their device, age and ends, and which one asks', async () => {
    const { email } = await auth.user()
    const first = await answerOf(loginFrom(email, firefox))
    const second = await answerOf(loginFrom(email, edge, '2001:db8:1:2:3::1'))
    const { sessions, limits } = await listOf(second.token ?? '')
    expect(sessions).toMatchObject([
      {
        ...first.session,
        current: false,
        newDevice: false,
        device: { browser: 'Firefox', system: 'Linux', network: '203.0.113.0/24' },
      },
      {
        id: second.session.id,
        current: true,
        newDevice: true,
        device: { browser: 'Edge', system: 'Windows', network: '2001:db8:1:2::/64' },
      },
    ])
    expect(limits).toEqual({ idleMs: 900_000, absoluteMs: 43_200_000, perUserMax: 100 })
  })

  test('leaves out what expired, what was ended and what a revocation ended', async () => {
    const { user, tokenHash, key } = await sessionHolder(auth)
    const { sessions } = auth.deps
    const [ended, fresh] = [
      await sessions.open('north', user.id, 'aal1'),
      await sessions.open('north', user.id, 'aal1'),
    ]
    await auth.redis.del(key)
    await sessions.end('north', ended?.tokenHash ?? '')
    expect((await listOf(fresh?.token ?? '')).sessions.map(({ id }) => id)).toEqual([fresh?.view.id])
    expect(tokenHash).not.toBe(fresh?.tokenHash)

    await auth.redis.hincrby(`{p:north}:access:${user.id}`, 'epoch', 1)
    const later = await sessions.open('north', user.id, 'aal1')
    expect((await listOf(later?.token ?? '')).sessions.map(({ id }) => id)).toEqual([later?.view.id])
  })

  test('keeps browser and network sealed in Redis', async () => {
    const { email, id } = await auth.user()
    const token = await tokenOf(loginFrom(email, firefox))
    expect((await listOf(token)).sessions).toHaveLength(1)
    const keys = await auth.redis.keys(`*`)
    const dump = await Promise.all(
      keys.map(async (key) =>
        (await auth.redis.type(key)) === 'hash' ? Object.values(await auth.redis.hgetall(key)).join() : key,
      ),
    )
    expect(dump.join()).not.toMatch(/Firefox|203\.0\.113/)
    expect(await auth.redis.zcard(`{p:north}:devices:${id}`)).toBe(1)
  })
})

describe('the notice of a new device', () => {
  test('is given from the second device on, in the answer, the audit log and a notice to the user’s pages', async () => {
    const { email, id } = await auth.user({ practiceId: 'devices' })
    expect(await answerOf(loginFrom(email, firefox))).toMatchObject({ newDevice: false, otherSessions: 0 })
    expect(await answerOf(loginFrom(email, firefox))).toMatchObject({ newDevice: false, otherSessions: 1 })
    const stranger = await answerOf(loginFrom(email, edge))
    expect(stranger).toMatchObject({ newDevice: true, otherSessions: 2 })
    expect(await answerOf(loginFrom(email, firefox, '198.51.100.1'))).toMatchObject({ newDevice: true })
    expect(await answerOf(loginFrom(email, edge))).toMatchObject({ newDevice: false })

    const entity = `Session/${stranger.session.id}`
    const told = (await auth.audited('devices')).filter(({ action }) => action === 'session.new-device')
    expect(told).toMatchObject([{ actor: id, entity }, { actor: id }])
    const [notice] = await toldEvents(auth.deps, 'devices')
    expect(notice).toEqual({
      stream: 'session:notices',
      userId: id,
      event: 'new-device',
      data: { userId: id, entity },
    })
  })

  test('does not tell two users of one browser apart by each other', async () => {
    const [one, other] = [await auth.user(), await auth.user()]
    await loginFrom(one.email, firefox)
    await loginFrom(other.email, edge)
    expect(await answerOf(loginFrom(other.email, firefox))).toMatchObject({ newDevice: true })
  })
})

describe('DELETE /auth/sessions/:id', () => {
  test('ends that session, is audited, and leaves the others', async () => {
    const asking = await sessionHolder(auth)
    const other = await auth.deps.sessions.open('north', asking.user.id, 'aal1')
    if (!other) throw new Error('no session')
    const { status } = await asking.request('DELETE', `/auth/sessions/${other.view.id}`)
    expect(status).toBe(204)
    expect((await auth.session(other.token)).status).toBe(401)
    expect(await asking.alive()).toBe(true)
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'session.end',
      actor: asking.user.id,
      entity: `Session/${other.view.id}`,
    })
  })

  test('takes the cookie back where it ends the one that asks', async () => {
    const { token, tokenHash } = await sessionHolder(auth)
    const answer = await auth.app.request(`/auth/sessions/${tokenHash.slice(0, 16)}`, {
      method: 'DELETE',
      headers: { Cookie: `__Host-session=${token}`, Origin: 'https://clinic.example' },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('Set-Cookie')).toMatch(/^__Host-session=; Max-Age=0/)
    expect((await auth.session(token)).status).toBe(401)
  })

  test('knows nothing of another user’s session, nor of a malformed name', async () => {
    const [one, other] = [await sessionHolder(auth), await sessionHolder(auth)]
    for (const id of [other.tokenHash.slice(0, 16), '0'.repeat(16), 'x', other.tokenHash])
      expect(await one.code('DELETE', `/auth/sessions/${id}`)).toBe('not-found')
    expect(await other.alive()).toBe(true)
  })
})
