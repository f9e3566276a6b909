import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LoginAnswer } from '#lib/contract/session.ts'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { untilAnswers } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { problemOf } from '../testing/auth-fixture.ts'

const secret = () => randomBytes(32).toString('base64')
const user = { email: 'desk@clinic.example', password: 'correct horse battery', practiceId: 'north' }
const concurrency = 2
const queueMax = 16

let redis: TestRedis
let folder: string
let service: Child
let url: string

beforeAll(async () => {
  redis = await startTestRedis()
  folder = await mkdtemp(join(tmpdir(), 'login-flood-'))
  const seeds = join(folder, 'users.json')
  await writeFile(seeds, JSON.stringify([{ ...user, roles: ['front-desk'] }]))
  const port = await freePort()
  service = startChild(join(process.cwd(), 'node_modules/.bin/bun'), ['services/auth-session/server.ts'], {
    env: {
      PATH: process.env.PATH ?? '',
      REDIS_URL: redis.url,
      PORT: String(port),
      HOST: '127.0.0.1',
      LOG_LEVEL: 'silent',
      PHI_KEY: secret(),
      AUDIT_KEY: secret(),
      PASSWORD_PEPPER: secret(),
      LOGIN_INDEX_KEY: secret(),
      SEED_USERS_FILE: seeds,
      HASH_CONCURRENCY: String(concurrency),
      HASH_QUEUE_MAX: String(queueMax),
    },
  })
  url = `http://127.0.0.1:${port}`
  await untilAnswers(`${url}/readyz`)
})
afterAll(async () => {
  await service.end('SIGTERM')
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})

const signIn = () =>
  fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: user.email, password: user.password, delivery: 'bearer' }),
  })
/** The most memory the process ever held, in MiB: `VmHWM` of proc(5). */
const peakMiB = async () => {
  const status = await readFile(`/proc/${service.process.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024
}

test('200 sign-ins at once fill a bounded queue and not the memory, and other routes go on answering', async () => {
  const { token } = (await (await signIn()).json()) as LoginAnswer
  const before = await peakMiB()
  let answered = 0
  const flood = Array.from({ length: 200 }, async () => {
    const answer = await signIn()
    answered += 1
    return answer
  })
  const asked = await fetch(`${url}/auth/session`, { headers: { Authorization: `Bearer ${token}` } })
  expect(asked.status).toBe(200)
  expect(answered).toBeLessThan(200)

  const answers = await Promise.all(flood)
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(concurrency + queueMax)
  const refused = answers.filter(({ status }) => status === 503)
  expect(refused.length).toBeGreaterThan(0)
  for (const answer of refused) {
    expect(answer.headers.get('Retry-After')).toBe('2')
    expect((await problemOf(answer)).code).toBe('queue-full')
  }
  // 200 hashes side by side would hold 3.8 GiB, some forty times what the process has.
  expect((await peakMiB()) / before).toBeLessThan(3)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toMatch(/auth_hashing_queue\{[^}]*\} 0/)
  expect((await signIn()).status).toBe(200)
}, 60_000)
