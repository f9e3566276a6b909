import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type UserAccount, UserPage } from '#lib/contract/users.ts'
import { createMetrics } from '#lib/observability/metrics.ts'
import { connectSubscriber, disconnect } from '#lib/redis/connect.ts'
import { channels } from '#lib/redis/keys.ts'
import { createApp } from '../app.ts'
import { type AuthFixture, password, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { type SignedIn, signedIn } from '../testing/signed-in.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

let practices = 0
/** An admin in a practice of its own, so that nobody else counts there. */
const admin = (wanted = {}) =>
  signedIn(auth, { practiceId: `practice-${++practices}`, roles: ['admin'], ...wanted })
const accountOf = async (answer: Response | Promise<Response>) => (await (await answer).json()) as UserAccount
const statusOf = async (answer: Response | Promise<Response>) => (await answer).status
const codeOf = async (answer: Response | Promise<Response>) => (await problemOf(answer)).code
const hire = async ({ ask }: SignedIn, email: string, roles: string[] = ['front-desk']) =>
  accountOf(ask('POST', '/auth/users', { email, password: 'a good long one', roles }))
const latest = async (practiceId: string) => (await auth.audited(practiceId)).at(-1)

describe('managing users', () => {
  test('an account that an admin makes signs in, is listed, and is audited', async () => {
    const boss = await admin()
    const answer = await boss.ask('POST', '/auth/users', {
      email: 'new@clinic.example',
      password: 'a good long one',
      roles: ['clinician'],
    })
    expect(answer.status).toBe(201)
    const made = await accountOf(answer)
    expect(answer.headers.get('Location')).toBe(`/auth/users/${made.id}`)
    expect(made).toMatchObject({
      email: 'new@clinic.example',
      roles: ['clinician'],
      disabled: false,
      version: 1,
    })
    expect(await latest(boss.practiceId)).toMatchObject({
      action: 'user.create',
      actor: boss.id,
      entity: `User/${made.id}`,
    })
    expect(await statusOf(auth.login('new@clinic.example', 'a good long one'))).toBe(200)
    expect(await accountOf(boss.ask('GET', `/auth/users/${made.id}`))).toEqual(made)
  })

  test('needs the permission, two factors, and one of them proved lately', async () => {
    const boss = await admin()
    const desk = await signedIn(auth, { practiceId: boss.practiceId, roles: ['front-desk'] })
    expect(await statusOf(desk.ask('GET', '/auth/users'))).toBe(403)
    const weak = await signedIn(auth, { practiceId: boss.practiceId, roles: ['admin'] }, 'aal1')
    const body = { email: 'x@clinic.example', password: 'a good long one', roles: ['clinician'] }
    expect(await statusOf(weak.ask('POST', '/auth/users', body))).toBe(403)
    await auth.redis.hset(`{p:${boss.practiceId}}:session:${boss.tokenHash}`, 'provedAt', '1')
    expect(await codeOf(boss.ask('POST', '/auth/users', body))).toBe('step-up-required')
    expect(await statusOf(boss.ask('GET', '/auth/users'))).toBe(200)
    expect(await statusOf(auth.app.request('/auth/users'))).toBe(401)
  })

  test.each([
    ['a short password', { password: 'short' }],
    ['no role', { roles: [] }],
    ['an unknown role', { roles: ['owner'] }],
    ['a role twice', { roles: ['clinician', 'clinician'] }],
    ['no address', { email: 'nobody' }],
    ['a practice of choice', { practiceId: 'other' }],
  ])('refuses %s', async (_, wrong) => {
    const boss = await admin()
    const good = { email: 'x@clinic.example', password: 'a good long one', roles: ['clinician'] }
    expect(await statusOf(boss.ask('POST', '/auth/users', { ...good, ...wrong }))).toBe(422)
  })

  test('refuses a password that is guessed first', async () => {
    const boss = await admin()
    const body = { email: 'x@clinic.example', password: '1234567890qwertyuiop', roles: ['clinician'] }
    expect(await codeOf(boss.ask('POST', '/auth/users', body))).toBe('weak-password')
  })

  test('asks 15 characters of a password that opens its account alone, whatever the roles demand', async () => {
    const boss = await admin()
    const hireAs = (role: string, password: string) =>
      statusOf(
        boss.ask('POST', '/auth/users', { email: `${role}@fourteen.example`, password, roles: [role] }),
      )
    expect(await hireAs('clinician', 'fourteen chars')).toBe(422)
    expect(await hireAs('operator', 'fourteen chars')).toBe(422)
    const { id, version } = await hire(boss, 'fifteen@clinic.example')
    const change = (password: string) =>
      statusOf(boss.ask('PATCH', `/auth/users/${id}`, { expectedVersion: version, password }))
    expect([await change('fourteen chars'), await change('fifteen   chars')]).toEqual([409, 200])
  })

  test('lists page by page, each user once, while others are being made', async () => {
    const boss = await admin()
    for (let n = 0; n < 60; n += 1)
      await auth.deps.users.write({
        practiceId: boss.practiceId,
        id: uuidv7(),
        email: `many${n}@clinic.example`,
        roles: ['clinician'],
        passwordHash: 'none',
        totpSecret: undefined,
        createdAt: 0,
      })
    const first = UserPage.parse(await (await boss.ask('GET', '/auth/users')).json())
    expect(first.users).toHaveLength(50)
    await hire(boss, 'meanwhile@clinic.example')
    const rest = UserPage.parse(await (await boss.ask('GET', `/auth/users?cursor=${first.cursor}`)).json())
    expect(rest.cursor).toBeUndefined()
    expect(new Set([...first.users, ...rest.users].map(({ id }) => id)).size).toBe(62)
    expect(await statusOf(boss.ask('GET', '/auth/users?cursor=x'))).toBe(422)
  })

  test('a user of another practice is not there, whatever is asked', async () => {
    const boss = await admin()
    const stranger = await admin()
    const paths = [`/auth/users/${stranger.id}`, `/auth/users/${uuidv7()}`, '/auth/users/not-an-id']
    const seen = await Promise.all(paths.map(async (path) => problemOf(boss.ask('GET', path))))
    expect(seen.map(({ code }) => code)).toEqual(['not-found', 'not-found', 'not-found'])
    const asked = await Promise.all([
      boss.ask('PATCH', `/auth/users/${stranger.id}`, { expectedVersion: 1, roles: ['clinician'] }),
      boss.ask('POST', `/auth/users/${stranger.id}/disable`),
      boss.ask('DELETE', `/auth/users/${stranger.id}`),
    ])
    expect(asked.map(({ status }) => status)).toEqual([404, 404, 404])
    expect(await statusOf(stranger.ask('GET', '/auth/users'))).toBe(200)
  })
})

describe('a change', () => {
  test('of roles is in force with the next request, and no session ends', async () => {
    const boss = await admin()
    const desk = await signedIn(auth, { practiceId: boss.practiceId })
    expect(await statusOf(desk.ask('GET', '/auth/users'))).toBe(403)
    const answer = await boss.ask('PATCH', `/auth/users/${desk.id}`, { expectedVersion: 1, roles: ['admin'] })
    expect(await accountOf(answer)).toMatchObject({ roles: ['admin'], version: 2 })
    expect(await statusOf(desk.ask('GET', '/auth/users'))).toBe(200)
    expect(await latest(boss.practiceId)).toMatchObject({ action: 'user.update', reason: 'roles' })
  })

  test('that expects an older version changes nothing and is audited as refused', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'v@clinic.example')
    const body = { expectedVersion: 1, roles: ['clinician'] }
    expect(await statusOf(boss.ask('PATCH', `/auth/users/${id}`, body))).toBe(200)
    expect(await codeOf(boss.ask('PATCH', `/auth/users/${id}`, { ...body, roles: ['auditor'] }))).toBe(
      'version-conflict',
    )
    expect(await accountOf(boss.ask('GET', `/auth/users/${id}`))).toMatchObject({ roles: ['clinician'] })
    expect(await latest(boss.practiceId)).toMatchObject({ action: 'user.update', outcome: 'failure' })
  })

  test('by two admins at once is made by one of them', async () => {
    const boss = await admin()
    const other = await signedIn(auth, { practiceId: boss.practiceId, roles: ['admin'] })
    for (let round = 0; round < 10; round += 1) {
      const { id } = await hire(boss, `race${round}@clinic.example`)
      const answers = await Promise.all([
        boss.ask('PATCH', `/auth/users/${id}`, { expectedVersion: 1, roles: ['clinician'] }),
        other.ask('PATCH', `/auth/users/${id}`, { expectedVersion: 1, roles: ['operator'] }),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
      const winner = answers[0]?.status === 200 ? 'clinician' : 'operator'
      expect(await accountOf(boss.ask('GET', `/auth/users/${id}`))).toMatchObject({
        roles: [winner],
        version: 2,
      })
    }
  })

  test('of the password ends the sessions, opens a locked account, and the old one is worth nothing', async () => {
    const boss = await admin()
    const { id, version } = await hire(boss, 'locked@clinic.example')
    const token = await tokenOf(auth.login('locked@clinic.example', 'a good long one'))
    await auth.redis.hset(`{p:${boss.practiceId}}:user:${id}`, 'passwordFailures', '100')
    expect(await statusOf(auth.login('locked@clinic.example', 'a good long one'))).toBe(401)
    const body = { expectedVersion: version, password: 'quite another one' }
    expect(await statusOf(boss.ask('PATCH', `/auth/users/${id}`, body))).toBe(200)
    expect(await statusOf(auth.session(token))).toBe(401)
    expect(await statusOf(auth.login('locked@clinic.example', 'a good long one'))).toBe(401)
    expect(await statusOf(auth.login('locked@clinic.example', 'quite another one'))).toBe(200)
  })

  test('of the address lets the new one sign in and frees the old one', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'before@clinic.example')
    await hire(boss, 'taken@clinic.example')
    const to = (email: string, expectedVersion: number) =>
      boss.ask('PATCH', `/auth/users/${id}`, { expectedVersion, email })
    expect(await codeOf(to('taken@clinic.example', 1))).toBe('already-exists')
    expect(await statusOf(to('after@clinic.example', 7))).toBe(409)
    expect((await accountOf(to('after@clinic.example', 1))).email).toBe('after@clinic.example')
    expect(await statusOf(auth.login('after@clinic.example', 'a good long one'))).toBe(200)
    expect(await statusOf(auth.login('before@clinic.example', 'a good long one'))).toBe(401)
    expect((await hire(boss, 'before@clinic.example')).id).not.toBe(id)
    expect((await accountOf(to('AFTER@clinic.example', 2))).email).toBe('AFTER@clinic.example')
    expect(await statusOf(auth.login('after@clinic.example', 'a good long one'))).toBe(200)
  })

  test('that the audit log cannot record is not made', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'mute@clinic.example')
    await auth.redis.set(`{audit:${boss.practiceId}}:log`, 'no stream')
    expect(await statusOf(boss.ask('POST', `/auth/users/${id}/disable`))).toBe(500)
    expect(await accountOf(boss.ask('GET', `/auth/users/${id}`))).toMatchObject({
      disabled: false,
      version: 1,
    })
  })
})

describe('who is disabled', () => {
  test('is refused with the next request, cannot sign in, and comes back to no old session', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'gone@clinic.example')
    const token = await tokenOf(auth.login('gone@clinic.example', 'a good long one'))
    const told = connectSubscriber({ url: auth.url, name: 'test' }, { onError: () => {} })
    const messages: string[] = []
    told.on('message', (_channel: string, text: string) => messages.push(text))
    await told.subscribe(channels.sessionEnded)
    expect(await statusOf(boss.ask('POST', `/auth/users/${id}/disable`))).toBe(200)
    expect(await statusOf(auth.session(token))).toBe(401)
    expect(await statusOf(auth.login('gone@clinic.example', 'a good long one'))).toBe(401)
    expect(messages.map((text) => JSON.parse(text))).toContainEqual({
      practiceId: boss.practiceId,
      userId: id,
    })
    expect(await accountOf(boss.ask('POST', `/auth/users/${id}/enable`))).toMatchObject({ disabled: false })
    expect(await statusOf(auth.session(token))).toBe(401)
    expect(await statusOf(auth.login('gone@clinic.example', 'a good long one'))).toBe(200)
    disconnect(told)
  })

  test('has no session however many sign-ins run beside', async () => {
    const boss = await admin()
    for (let round = 0; round < 8; round += 1) {
      const email = `beside${round}@clinic.example`
      const { id } = await hire(boss, email)
      const [, ...signIns] = await Promise.all([
        boss.ask('POST', `/auth/users/${id}/disable`),
        ...Array.from({ length: 6 }, () => auth.login(email, 'a good long one')),
      ])
      const tokens = await Promise.all(
        signIns.filter(({ status }) => status === 200).map((answer) => tokenOf(answer)),
      )
      const alive = await Promise.all(tokens.map(async (token) => (await auth.session(token)).status))
      expect(alive.filter((status) => status === 200)).toEqual([])
    }
  })
})

describe('the last one who may manage users', () => {
  test('can neither be disabled nor removed nor lose the role, by anybody', async () => {
    const boss = await admin()
    const answers = await Promise.all([
      boss.ask('POST', `/auth/users/${boss.id}/disable`),
      boss.ask('DELETE', `/auth/users/${boss.id}`),
      boss.ask('PATCH', `/auth/users/${boss.id}`, { expectedVersion: 1, roles: ['auditor'] }),
    ])
    expect(await Promise.all(answers.map(codeOf))).toEqual(['last-admin', 'last-admin', 'last-admin'])
    expect(await accountOf(boss.ask('GET', `/auth/users/${boss.id}`))).toMatchObject({
      version: 1,
      roles: ['admin'],
    })
  })

  test('is not helped by one who is disabled', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'idle@clinic.example', ['admin'])
    expect(await statusOf(boss.ask('POST', `/auth/users/${id}/disable`))).toBe(200)
    expect(await codeOf(boss.ask('DELETE', `/auth/users/${boss.id}`))).toBe('last-admin')
  })

  test('is left over when two admins remove each other, or each themselves, at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const one = await admin()
      const two = await signedIn(auth, { practiceId: one.practiceId, roles: ['admin'] })
      const [first, second] = round % 2 === 0 ? [two, one] : [one, two]
      const answers = await Promise.all([
        one.ask('DELETE', `/auth/users/${first.id}`),
        two.ask('DELETE', `/auth/users/${second.id}`),
      ])
      // The one that came second may find its own access gone already.
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
      const left = await Promise.all([one, two].map(({ ask }) => statusOf(ask('GET', '/auth/users'))))
      expect(left.filter((status) => status === 200)).toHaveLength(1)
    }
  })

  test('keeps the permission in every role table', async () => {
    const boss = await admin()
    const replace = (roles: object, expectedVersion = 0) =>
      boss.ask('PUT', '/auth/roles', { roles, expectedVersion })
    expect(await codeOf(replace({ admin: ['audit:read'] }))).toBe('last-admin')
    expect(await codeOf(replace({ operator: ['users:manage'] }))).toBe('last-admin')
    expect(await statusOf(replace({ admin: ['users:manage'] }))).toBe(200)
    expect(await statusOf(boss.ask('GET', '/auth/users'))).toBe(200)
  })
})

describe('the role table', () => {
  test('is the standard one until the practice has its own, which is in force with the next request', async () => {
    const boss = await admin()
    const desk = await signedIn(auth, { practiceId: boss.practiceId })
    const table = await (await boss.ask('GET', '/auth/roles')).json()
    expect(table).toMatchObject({ standard: true, version: 0, roles: { auditor: ['audit:read'] } })
    const permissions = async () =>
      ((await (await auth.session(desk.token)).json()) as { permissions: string[] }).permissions
    expect(await permissions()).toContain('appointments:write')
    const roles = { admin: ['users:manage'], 'front-desk': ['patients:read'] }
    const answer = await boss.ask('PUT', '/auth/roles', { roles, expectedVersion: 0 })
    expect(await answer.json()).toEqual({ standard: false, version: 1, roles })
    expect(await permissions()).toEqual(['patients:read'])
    expect(await latest(boss.practiceId)).toMatchObject({ action: 'roles.update', outcome: 'success' })
  })

  test('is replaced by one of two who expect the same version', async () => {
    const boss = await admin()
    const tables = [['users:manage'], ['users:manage', 'ops:read']].map((permissions) => ({
      admin: permissions,
    }))
    const answers = await Promise.all(
      tables.map((roles) => boss.ask('PUT', '/auth/roles', { roles, expectedVersion: 0 })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test.each([
    ['an unknown permission', { admin: ['users:manage', 'all'] }],
    ['an unknown role', { admin: ['users:manage'], boss: ['users:manage'] }],
    ['a permission twice', { admin: ['users:manage', 'users:manage'] }],
    ['no role at all', {}],
  ])('refuses %s', async (_, roles) => {
    const boss = await admin()
    expect(await statusOf(boss.ask('PUT', '/auth/roles', { roles, expectedVersion: 0 }))).toBe(422)
  })
})

describe('who leaves', () => {
  test('loses all access and leaves no personal data, while the audit log stays whole', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'leaver@clinic.example')
    const token = await tokenOf(auth.login('leaver@clinic.example', 'a good long one'))
    expect(await statusOf(boss.ask('DELETE', `/auth/users/${id}`))).toBe(204)
    expect(await statusOf(auth.session(token))).toBe(401)
    expect(await statusOf(auth.login('leaver@clinic.example', 'a good long one'))).toBe(401)
    expect(await statusOf(boss.ask('GET', `/auth/users/${id}`))).toBe(404)
    expect((await auth.redis.keys('*')).filter((key) => key.includes(id))).toEqual([])
    expect(await auth.redis.keys(`{p:${boss.practiceId}}:session:*`)).toHaveLength(1)
    expect(await auth.deps.users.locate(auth.deps.index.account('leaver@clinic.example'))).toMatchObject({
      practiceId: 'unknown',
    })
    const events = await auth.audited(boss.practiceId)
    expect(events.filter(({ entity }) => entity === `User/${id}`).map(({ action }) => action)).toContain(
      'user.remove',
    )
    expect(await statusOf(boss.ask('DELETE', `/auth/users/${id}`))).toBe(404)
  })

  test('may come back as somebody new, even where the removal was cut off before its last step', async () => {
    const boss = await admin()
    const { id } = await hire(boss, 'again@clinic.example')
    await auth.deps.access.change({ practiceId: boss.practiceId, id }, { kind: 'remove' })
    expect(await statusOf(auth.login('again@clinic.example', 'a good long one'))).toBe(401)
    const back = await hire(boss, 'again@clinic.example')
    expect(back.id).not.toBe(id)
    expect(await statusOf(auth.login('again@clinic.example', 'a good long one'))).toBe(200)
  })
})

describe('an address that has an account', () => {
  test('here is refused, elsewhere makes no difference that anybody could see', async () => {
    const boss = await admin()
    const elsewhere = await auth.user({ email: 'both@clinic.example', practiceId: 'far-away' })
    expect(elsewhere.practiceId).toBe('far-away')
    let hashes = 0
    const { passwords } = auth.deps
    const counted = {
      ...auth.deps,
      metrics: createMetrics('auth-session'),
      passwords: {
        ...passwords,
        hash: (text: string) => {
          hashes += 1
          return passwords.hash(text)
        },
      },
    }
    const app = createApp({ ...counted, touches: () => true })
    const make = (email: string) =>
      app.request('/auth/users', {
        method: 'POST',
        headers: { Authorization: `Bearer ${boss.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ email, password: 'a good long one', roles: ['clinician'] }),
      })
    const answers = [await make('both@clinic.example'), await make('nowhere@clinic.example')]
    expect(hashes).toBe(2)
    const seen = await Promise.all(
      answers.map(async (answer) => ({
        status: answer.status,
        headers: [...answer.headers.keys()].sort(),
        body: Object.keys(await accountOf(answer)).sort(),
      })),
    )
    expect(seen[0]?.status).toBe(201)
    expect(seen[0]).toEqual(seen[1])
    expect(await codeOf(make('both@clinic.example'))).toBe('already-exists')
  })

  test('keeps each practice’s password to itself; without a practice the first account is meant', async () => {
    const boss = await admin()
    await auth.user({ email: 'two@clinic.example', practiceId: 'first-place' })
    await hire(boss, 'two@clinic.example')
    const signIn = async (given: string, practiceId?: string) =>
      (
        await auth.login('two@clinic.example', given, {
          delivery: 'bearer',
          ...(practiceId && { practiceId }),
        })
      ).status
    expect(await signIn(password)).toBe(200)
    expect(await signIn('a good long one', boss.practiceId)).toBe(200)
    expect(await signIn('a good long one')).toBe(401)
    expect(await signIn(password, boss.practiceId)).toBe(401)
    expect(await signIn(password, 'nowhere')).toBe(401)
  })

  test('is made once by two who make it at once', async () => {
    const boss = await admin()
    const body = { email: 'twice@clinic.example', password: 'a good long one', roles: ['clinician'] }
    const answers = await Promise.all([1, 2, 3].map(() => boss.ask('POST', '/auth/users', body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    const { users } = UserPage.parse(await (await boss.ask('GET', '/auth/users')).json())
    expect(users.filter(({ email }) => email === 'twice@clinic.example')).toHaveLength(1)
  })
})
