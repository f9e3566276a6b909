import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AuthFixture, startAuth } from '../../services/auth-session/testing/auth-fixture.ts'
import { createKey, startScriptedIssuer } from '../../services/auth-session/testing/scripted-issuer.ts'
import { exchange } from '../../services/auth-session/testing/token-desk.ts'
import { UsageError } from '../run-command.ts'
import { operateImport } from './operate-import.ts'

const firebaseHashConfig = JSON.stringify({
  algorithm: 'SCRYPT',
  base64_signer_key:
    'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  base64_salt_separator: 'Bw==',
  rounds: 8,
  mem_cost: 14,
})
const firebaseHash =
  'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
const bcrypt = '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'

let auth: AuthFixture
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  auth = await startAuth({ env: { FIREBASE_HASH_CONFIG: firebaseHashConfig } })
})
afterEach(() => auth.stop())

const auth0Row = (name: string, more: Record<string, unknown> = {}) => ({
  user_id: `auth0|${name}`,
  email: `${name}@clinic.example`,
  email_verified: true,
  password_hash: bcrypt,
  ...more,
})
const firebaseRow = {
  localId: 'uid1',
  email: 'fire@clinic.example',
  emailVerified: true,
  passwordHash: firebaseHash,
  salt: '42xEC+ixf3L2lw==',
}

async function run(args: string, content: unknown, env: Record<string, string> = {}): Promise<string[]> {
  const file = join(folder, 'export.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  const said: string[] = []
  await operateImport(args.replace('FILE', file).split(' '), {
    env: { ...auth.env, ...env },
    now: Date.now,
    say: (line) => said.push(line),
  })
  return said
}
const auth0Args = 'auth0 FILE --issuer https://tenant.auth0.example/ --practice north --roles front-desk'
const firebaseArgs = auth0Args.replace('auth0 FILE', 'firebase FILE')
const storedHash = async (email: string) => {
  const { practiceId, userId } = await auth.deps.users.locate(auth.deps.index.account(email))
  return (await auth.deps.users.find(practiceId, userId))?.passwordHash
}

test('says what would be done, and writes nothing without --write', async () => {
  const said = await run(auth0Args, [auth0Row('ann'), auth0Row('bob', { blocked: true })])
  expect(said).toEqual([
    '2 rows read',
    '1 users would be created (nothing was written)',
    '0 were there already',
    '1 refused',
    '  row 2: blocked',
  ])
  expect(await auth.redis.dbsize()).toBe(0)
})

test('Auth0’s users sign in with their old password, which is hashed anew at the first time', async () => {
  await run(`${auth0Args} --write`, [auth0Row('ann')])
  expect(await storedHash('ann@clinic.example')).toBe(`bcrypt${bcrypt}`)
  expect((await auth.login('ann@clinic.example', 'abd')).status).toBe(401)
  expect(await storedHash('ann@clinic.example')).toBe(`bcrypt${bcrypt}`)
  expect((await auth.login('ann@clinic.example', 'abc')).status).toBe(200)
  expect(await storedHash('ann@clinic.example')).toMatch(/^[0-9a-f]{8}\$argon2id\$/)
  expect((await auth.login('ann@clinic.example', 'abc')).status).toBe(200)
})

test('Firebase’s users do, too', async () => {
  await run(`${firebaseArgs} --write`, { users: [firebaseRow] })
  expect((await auth.login('fire@clinic.example', 'wrong')).status).toBe(401)
  expect((await auth.login('fire@clinic.example', 'user1password')).status).toBe(200)
  expect(await storedHash('fire@clinic.example')).toMatch(/^[0-9a-f]{8}\$argon2id\$/)
})

test('leaves the way by the provider open: its tokens sign the same people in', async () => {
  const issuer = await startScriptedIssuer(await createKey('key'))
  await auth.stop()
  const provider = { issuer: issuer.url, clientId: 'app', signIn: ['token-exchange'], practice: 'north' }
  auth = await startAuth({ env: { OIDC_PROVIDERS: JSON.stringify({ auth0: provider }) } })
  const args = auth0Args.replace('https://tenant.auth0.example/', issuer.url)
  await run(`${args} --write`, [auth0Row('ann')])
  const iat = Math.floor(Date.now() / 1_000)
  const claims = { iss: issuer.url, aud: 'app', sub: 'auth0|ann', iat, exp: iat + 300 }
  expect(await exchange(auth, await issuer.sign(claims))).toMatchObject({ status: 200 })
  expect((await auth.login('ann@clinic.example', 'abc')).status).toBe(200)
  await issuer.stop()
})

test('brings the second factor over: the old password alone signs nobody in', async () => {
  const factors = { mfa_factors: [{ totp: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } }] }
  await run(`${auth0Args} --write`, [auth0Row('ann', factors)])
  const answer = await auth.login('ann@clinic.example', 'abc')
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ code: 'mfa-required', methods: ['totp'] })
})

test('is repeated without harm, and brings whom an earlier run did not reach', async () => {
  await run(`${auth0Args} --write`, [auth0Row('ann')])
  const said = await run(`${auth0Args} --write`, [auth0Row('ann'), auth0Row('bob')])
  expect(said.slice(1, 4)).toEqual(['1 users created', '1 were there already', '0 refused'])
  const created = (await auth.audited()).filter(({ action }) => action === 'user.create')
  expect(created.map(({ actor }) => actor)).toEqual(['users-import', 'users-import'])
})

test('goes on where it was cut off between the account and its link', async () => {
  await run(`${auth0Args} --write`, [auth0Row('ann')])
  for (const key of await auth.redis.keys('oidc:identity:*')) await auth.redis.del(key)
  const said = await run(`${auth0Args} --write`, [auth0Row('ann')])
  expect(said.slice(1, 4)).toEqual(['1 users created', '0 were there already', '0 refused'])
  expect((await auth.audited()).filter(({ action }) => action === 'user.create')).toHaveLength(1)
  expect(await auth.redis.keys('oidc:identity:*')).toHaveLength(1)
})

test('never hands an address that has an account here to somebody else', async () => {
  await auth.user({ email: 'ann@clinic.example' })
  const own = await storedHash('ann@clinic.example')
  const rows = [auth0Row('ann'), auth0Row('bob'), { ...auth0Row('bob'), user_id: 'auth0|twin' }]
  const said = await run(`${auth0Args} --write`, rows)
  expect(said.slice(1)).toEqual([
    '1 users created',
    '0 were there already',
    '2 refused',
    '  row 1: email-taken',
    '  row 3: email-taken',
  ])
  expect(await storedHash('ann@clinic.example')).toBe(own)
})

test('refuses whom nobody gave a practice or a role', async () => {
  const args = 'auth0 FILE --issuer https://tenant.auth0.example/ --write'
  const said = await run(args, [
    auth0Row('ann'),
    auth0Row('bob', { app_metadata: { practice: 'north' } }),
    auth0Row('cid', { app_metadata: { practice: 'south', roles: ['clinician'] } }),
  ])
  expect(said.slice(1)).toEqual([
    '1 users created',
    '0 were there already',
    '2 refused',
    '  row 1: no-practice',
    '  row 2: no-role',
  ])
  expect((await auth.deps.users.locate(auth.deps.index.account('cid@clinic.example'))).practiceId).toBe(
    'south',
  )
})

test('shows no address, no hash and no seed, in its report, in the audit log or in Redis', async () => {
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const said = await run(`${auth0Args} --write`, [
    auth0Row('ann', { mfa_factors: [{ totp: { secret } }] }),
    auth0Row('bob', { password_hash: `${bcrypt}x` }),
  ])
  const keys = await auth.redis.keys('*')
  const values = await Promise.all(
    keys.map(async (key) =>
      (await auth.redis.type(key)) === 'hash'
        ? JSON.stringify(await auth.redis.hgetall(key))
        : auth.redis.dump(key),
    ),
  )
  const everything = [...said, ...keys, ...values, JSON.stringify(await auth.audited())].join('\n')
  expect(everything).toContain('user.create')
  for (const planted of ['clinic.example', bcrypt.slice(7), secret, 'auth0|ann'])
    expect(everything).not.toContain(planted)
})

test.each([
  'okta FILE --issuer https://tenant.example/',
  'auth0 FILE',
  'auth0 FILE --issuer tenant',
  'auth0 --issuer https://tenant.example/',
  'auth0 FILE more --issuer https://tenant.example/',
  'auth0 FILE --issuer https://tenant.example/ --roles root',
  'auth0 FILE --issuer https://tenant.example/ --practice North!',
  'auth0 FILE --issuer https://tenant.example/ --force',
])('does nothing for a command it does not understand: %s', async (args) => {
  await expect(run(`${args} --write`, [auth0Row('ann')])).rejects.toThrow(UsageError)
  expect(await auth.redis.dbsize()).toBe(0)
})

test('asks for Firebase’s hash parameters before it brings hashes that nothing could check', async () => {
  const rows = { users: [firebaseRow] }
  await expect(run(`${firebaseArgs} --write`, rows, { FIREBASE_HASH_CONFIG: '' })).rejects.toThrow(UsageError)
  expect(await auth.redis.dbsize()).toBe(0)
})
