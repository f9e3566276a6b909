import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '#lib/config/read-config.ts'
import { type AuthFixture, password, startAuth } from '../testing/auth-fixture.ts'
import { totpSecret } from '../testing/totp-code.ts'
import { readSeedUsers, seedUsers } from './seed-users.ts'

let auth: AuthFixture
let folder: string
beforeAll(async () => {
  auth = await startAuth()
  folder = await mkdtemp(join(tmpdir(), 'seed-users-'))
})
afterAll(async () => {
  await auth.stop()
  await rm(folder, { recursive: true, force: true })
})

const fileOf = async (content: string): Promise<string> => {
  const file = join(folder, `${Math.random()}.json`)
  await writeFile(file, content)
  return file
}
const desk = { email: 'Desk@clinic.example', password, practiceId: 'seeded', roles: ['front-desk'] }
const admin = { email: 'admin@clinic.example', password, practiceId: 'seeded', roles: ['admin'], totpSecret }

test('creates those who are missing, once, and audits each', async () => {
  const users = await readSeedUsers(await fileOf(JSON.stringify([desk, admin])))
  expect(await seedUsers(auth.deps, users)).toBe(2)
  expect(await seedUsers(auth.deps, users)).toBe(0)
  expect((await auth.login('desk@clinic.example')).status).toBe(200)
  expect((await auth.login(admin.email)).status).toBe(401)
  const created = (await auth.audited('seeded')).filter((event) => event.action === 'user.create')
  expect(created).toHaveLength(2)
  expect(created[0]).toMatchObject({ actor: 'auth-session', outcome: 'success' })
})

test('two replicas that start at once create each user once', async () => {
  const users = [{ ...desk, email: 'race@clinic.example', roles: ['front-desk' as const] }]
  const created = await Promise.all([
    seedUsers(auth.deps, users),
    seedUsers((await auth.replica()).deps, users),
  ])
  expect(created.sort()).toEqual([0, 1])
  expect((await auth.login('race@clinic.example')).status).toBe(200)
})

test('there is no user whose creation could not be audited', async () => {
  await auth.redis.set('{audit:silent}:log', 'no stream')
  const users = [{ ...desk, email: 'x@clinic.example', practiceId: 'silent', roles: ['front-desk' as const] }]
  await expect(seedUsers(auth.deps, users)).rejects.toThrow()
  expect(await auth.redis.keys('{p:silent}:user:*')).toEqual([])
  expect((await auth.login('x@clinic.example')).status).toBe(401)
})

describe('a file with mistakes', () => {
  const mistakes = async (content: string): Promise<string> => {
    const error = await readSeedUsers(await fileOf(content)).then(
      () => new Error('accepted'),
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ConfigError)
    return error instanceof Error ? error.message : ''
  }

  test('names every place that is wrong and no value', async () => {
    const text = await mistakes(
      JSON.stringify([
        { ...desk, email: 'no-address', password: 'sh0rt' },
        { ...desk, practiceId: 'unknown', roles: ['boss'], totpSecret: 'short-seed' },
        { ...desk, password: 'x'.repeat(129) },
      ]),
    )
    for (const place of ['0.email', '0.password', '1.practiceId', '1.roles.0', '1.totpSecret', '2.password'])
      expect(text).toContain(place)
    expect(text).not.toMatch(/no-address|sh0rt|boss|short-seed|xxx/)
  })

  test('is refused when it is no JSON or no list, without quoting it', async () => {
    expect(await mistakes('[{"password": hunter2')).not.toContain('hunter2')
    expect(await mistakes('{"password": "hunter2"}')).not.toContain('hunter2')
  })

  test('is refused when it is not there', async () => {
    await expect(readSeedUsers(join(folder, 'nothing.json'))).rejects.toThrow('SEED_USERS_FILE')
  })
})
