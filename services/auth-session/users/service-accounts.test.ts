import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceAccount, ServiceAccountSecret } from '#lib/contract/users.ts'
import { createTinyService } from '#lib/http/testing/tiny-service.ts'
import { until } from '#lib/processes/wait.ts'
import { type AuthFixture, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { askWith, type SignedIn, signedIn } from '../testing/signed-in.ts'
import { signInServiceAccount } from './service-accounts.ts'

let auth: AuthFixture
let boss: SignedIn
beforeAll(async () => {
  auth = await startAuth()
  boss = await signedIn(auth, { roles: ['admin'] })
})
afterAll(() => auth.stop())

/** Signs in as `POST /auth/token` does with `grant_type=client_credentials`. */
async function signIn(clientId: string, clientSecret: string, address = '192.0.2.9'): Promise<Response> {
  const { app } = createTinyService()
  app.post('/', async (c) => c.json(await signInServiceAccount(c, auth.deps, { clientId, clientSecret })))
  return app.request('/', { method: 'POST', headers: { 'X-Request-Id': 'request-1' } }, { address })
}
const tokenFor = async (clientId: string, clientSecret: string) =>
  ((await (await signIn(clientId, clientSecret)).json()) as { token: string }).token
const made = async (roles = ['operator']) => {
  const answer = await boss.ask('POST', '/auth/service-accounts', { name: 'nightly export', roles })
  expect(answer.status).toBe(201)
  return ServiceAccountSecret.parse(await answer.json())
}
const listed = async () =>
  ((await (await boss.ask('GET', '/auth/service-accounts')).json()) as { accounts: ServiceAccount[] })
    .accounts
const rotate = async (id: string, body?: object) =>
  ServiceAccountSecret.parse(
    await (await boss.ask('POST', `/auth/service-accounts/${id}/rotate`, body)).json(),
  )

test('signs in with the secret that was told once, acts by its roles, and its use is noted', async () => {
  const { account, clientSecret } = await made()
  expect((await listed()).find(({ id }) => id === account.id)?.lastUsedAt).toBeUndefined()
  const ask = askWith(auth, await tokenFor(account.clientId, clientSecret))
  const session = await (await ask('GET', '/auth/session')).json()
  expect(session).toMatchObject({
    user: { id: account.id, email: account.clientId, roles: ['operator'] },
    permissions: ['ops:read', 'dead-letters:write', 'events:publish'],
  })
  expect((await ask('GET', '/auth/users')).status).toBe(403)
  expect((await listed()).find(({ id }) => id === account.id)?.lastUsedAt).toBeDefined()
  const actions = (await auth.audited()).map(({ action, entity }) => `${action} ${entity}`)
  expect(actions).toContain(`service-account.create ServiceAccount/${account.id}`)
})

test('never appears in Redis, in an answer or in a log with its secret', async () => {
  const { account, clientSecret } = await made()
  await signIn(account.clientId, clientSecret)
  const answers = JSON.stringify(await listed())
  const dump = await Promise.all(
    (await auth.redis.keys('*program:*')).map(async (key) => JSON.stringify(await auth.redis.hgetall(key))),
  )
  for (const text of [answers, ...dump, ...auth.lines]) expect(text).not.toContain(clientSecret)
  expect(dump.join()).not.toContain('nightly export')
})

test('is refused alike for a wrong secret, an unknown id and nonsense, and the address is counted', async () => {
  const { account } = await made()
  const ids = [account.clientId, 'north.01890000-0000-7000-8000-000000000000', 'far.away', '../x', 'north']
  const seen = await Promise.all(
    ids.map(async (clientId) => {
      const answer = await signIn(clientId, 'A'.repeat(43), '192.0.2.77')
      return { status: answer.status, body: await problemOf(answer) }
    }),
  )
  expect(seen[0]).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } })
  for (const one of seen) expect(one).toEqual(seen[0])
  expect((await auth.audited()).at(-1)).toMatchObject({ reason: 'wrong-secret', actor: account.id })
  expect((await auth.audited('unknown')).at(-1)).toMatchObject({ reason: 'unknown-account' })
  const failures = await auth.redis.hget(`attempts:${auth.deps.index.address('192.0.2.77')}`, 'failures')
  expect(failures).toBe('5')
})

test('works with the old secret beside the new one until the overlap is over, and never with an older one', async () => {
  const { account, clientSecret: first } = await made()
  const { clientSecret: second, account: after } = await rotate(account.id)
  expect(Date.parse(after.previousSecretUntil ?? '') - Date.parse(after.rotatedAt ?? '')).toBe(86_400_000)
  expect((await signIn(account.clientId, first)).status).toBe(200)
  expect((await signIn(account.clientId, second)).status).toBe(200)

  const { clientSecret: third } = await rotate(account.id, { overlapMs: 200 })
  expect((await signIn(account.clientId, first)).status).toBe(401)
  expect((await signIn(account.clientId, third)).status).toBe(200)
  await until('the overlap is over', async () => (await signIn(account.clientId, second)).status === 401)

  const { clientSecret: last } = await rotate(account.id, { overlapMs: 0 })
  expect((await signIn(account.clientId, third)).status).toBe(401)
  expect((await signIn(account.clientId, last)).status).toBe(200)
})

test('loses its secrets and its sessions with the account', async () => {
  const { account, clientSecret } = await made()
  const ask = askWith(auth, await tokenFor(account.clientId, clientSecret))
  expect((await boss.ask('DELETE', `/auth/service-accounts/${account.id}`)).status).toBe(204)
  expect((await ask('GET', '/auth/session')).status).toBe(401)
  expect((await signIn(account.clientId, clientSecret)).status).toBe(401)
  expect((await boss.ask('DELETE', `/auth/service-accounts/${account.id}`)).status).toBe(404)
  expect((await boss.ask('POST', `/auth/service-accounts/${account.id}/rotate`, {})).status).toBe(404)
})

test('has no session however many sign-ins run beside its end', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { account, clientSecret } = await made()
    const [, ...answers] = await Promise.all([
      boss.ask('DELETE', `/auth/service-accounts/${account.id}`),
      ...Array.from({ length: 10 }, () => signIn(account.clientId, clientSecret)),
    ])
    const tokens = await Promise.all(
      answers
        .filter(({ status }) => status === 200)
        .map(async (answer) => ((await answer.json()) as { token: string }).token),
    )
    const alive = await Promise.all(tokens.map(async (token) => (await auth.session(token)).status))
    expect(alive.filter((status) => status === 200)).toEqual([])
  }
})

test('cannot be an admin, takes no emergency access, and belongs to one practice', async () => {
  const { account, clientSecret } = await made(['clinician'])
  const refused = await boss.ask('POST', '/auth/service-accounts', { name: 'root', roles: ['admin'] })
  expect(refused.status).toBe(422)
  const ask = askWith(auth, await tokenFor(account.clientId, clientSecret))
  const emergency = await ask('POST', '/auth/emergency-access', { reason: 'a program in a hurry' })
  expect([403, 404]).toContain(emergency.status)
  const stranger = await signedIn(auth, { roles: ['admin'], practiceId: 'south' })
  expect((await stranger.ask('DELETE', `/auth/service-accounts/${account.id}`)).status).toBe(404)
  expect((await signIn(`south.${account.id}`, clientSecret)).status).toBe(401)
  const linked = await stranger.ask('POST', '/auth/practices', {
    token: await tokenFor(account.clientId, clientSecret),
  })
  expect(linked.status).toBe(403)
})
