import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '#lib/config/read-config.ts'
import { type Child, startChild } from '#lib/processes/child.ts'
import { until } from '#lib/processes/wait.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createAuditTrail } from './audit/audit-trail.ts'
import { AuthSessionConfig } from './config.ts'

const bun = join(process.cwd(), 'node_modules/.bin/bun')
const key = (fill: number) => Buffer.alloc(32, fill).toString('base64')
const password = 'correct horse battery'

let redis: TestRedis
let folder: string
beforeAll(async () => {
  redis = await startTestRedis()
  folder = await mkdtemp(join(tmpdir(), 'auth-server-'))
})
afterAll(async () => {
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})

const goodEnv = () => ({
  PATH: process.env.PATH ?? '',
  REDIS_URL: redis.url,
  PORT: '0',
  HOST: '127.0.0.1',
  PHI_KEY: key(1),
  AUDIT_KEY: key(2),
  PASSWORD_PEPPER: key(3),
  LOGIN_INDEX_KEY: key(4),
})

function start(env: Record<string, string>): { child: Child; lines: string[] } {
  const child = startChild(bun, ['services/auth-session/server.ts'], { env })
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  return { child, lines }
}

async function portOf(lines: string[]): Promise<number> {
  await until('the service listens', () => lines.some((line) => line.includes('"listening"')))
  const line = lines.find((text) => text.includes('"listening"')) ?? '{}'
  return (JSON.parse(line) as { port: number }).port
}

test('starts, seeds, signs in, is ready, and ends well on SIGTERM', async () => {
  const file = join(folder, 'users.json')
  const user = { email: 'desk@clinic.example', password, practiceId: 'north', roles: ['front-desk'] }
  await writeFile(file, JSON.stringify([user]))
  const { child, lines } = start({ ...goodEnv(), SEED_USERS_FILE: file })
  try {
    const url = `http://127.0.0.1:${await portOf(lines)}`
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await until('the service is ready', async () => (await fetch(`${url}/readyz`)).status === 200)
    const signedIn = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: user.email, password, delivery: 'bearer' }),
    })
    expect(signedIn.status).toBe(200)
    expect(lines.join('\n')).toContain('would be refused in production')

    const askedAt = performance.now()
    await child.end('SIGTERM')
    expect(await child.exited).toBe(0)
    expect(performance.now() - askedAt).toBeLessThan(8_000)
    expect(lines.join('\n')).not.toMatch(/desk@clinic|correct horse/)
  } finally {
    await child.end('SIGKILL')
  }
}, 20_000)

test('answers a sign-in that was under way when it was told to end', async () => {
  const { child, lines } = start(goodEnv())
  try {
    const url = `http://127.0.0.1:${await portOf(lines)}/auth/login`
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ email: 'nobody@clinic.example', password })
    const answers = Array.from({ length: 4 }, () => fetch(url, { method: 'POST', headers, body }))
    await until('hashing has begun', async () => {
      const metrics = await (await fetch(url.replace('/auth/login', '/metrics'))).text()
      return /auth_hashing_queue\{[^}]*\} [1-9]/.test(metrics) || /auth_logins_total\{/.test(metrics)
    })
    await child.end('SIGTERM')
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([401, 401, 401, 401])
  } finally {
    await child.end('SIGKILL')
  }
}, 20_000)

test('tells all mistakes of its configuration by name, no value, and exits 1', async () => {
  const { PHI_KEY: _, ...rest } = goodEnv()
  const { child, lines } = start({
    ...rest,
    PORT: '99999',
    PASSWORD_PEPPER: 'hunter2',
    REDIS_URL: 'http://s3cret',
  })
  expect(await child.exited).toBe(1)
  const text = lines.join('\n')
  for (const name of ['PHI_KEY', 'PORT', 'PASSWORD_PEPPER', 'REDIS_URL']) expect(text).toContain(name)
  expect(text).not.toMatch(/hunter2|s3cret|99999/)
}, 20_000)

test('refuses an unfit Redis in production with every reason', async () => {
  await redis.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  try {
    const { child, lines } = start({ ...goodEnv(), ENVIRONMENT: 'production' })
    expect(await child.exited).toBe(1)
    const text = lines.join('\n')
    for (const reason of ['noeviction', 'rediss://', 'ACL user']) expect(text).toContain(reason)
  } finally {
    await redis.redis.config('SET', 'maxmemory-policy', 'noeviction')
  }
}, 20_000)

test('refuses to keep an audit log in production that nobody could prove', async () => {
  const config = readConfig(AuthSessionConfig, { ...goodEnv(), ENVIRONMENT: 'production' })
  const ground = await openTestGround('auth-session', redis)
  expect(() => createAuditTrail(ground, config).keep()).toThrow(/AUDIT_ARCHIVE is required in production/)
  ground.redis.disconnect()
})

test('exits 1 with the reason when its users file is malformed', async () => {
  const file = join(folder, 'bad.json')
  await writeFile(file, '[{"email":"x","password":"hunter2"}]')
  const { child, lines } = start({ ...goodEnv(), SEED_USERS_FILE: file })
  expect(await child.exited).toBe(1)
  expect(lines.join('\n')).toContain('0.email')
  expect(lines.join('\n')).not.toContain('hunter2')
}, 20_000)
