import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkpointName } from '#lib/audit/checkpoint.ts'
import { createFolderSink } from '#lib/audit/folder-sink.ts'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { until } from '#lib/processes/wait.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import { problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

const server = fileURLToPath(new URL('../server.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))
const signingKey = randomBytes(32).toString('base64')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keep-audit-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function start(env: Record<string, string>): Promise<{ child: Child; lines: string[] }> {
  const port = String(await freePort())
  const child = startChild(process.execPath, [server], { cwd: root, env: { PORT: port, ...env } })
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  return { child, lines }
}

test('the service writes signed checkpoints, says its public key, trims behind them, and still ends well', async () => {
  const archive = join(folder, 'archive')
  const keeping = { AUDIT_ARCHIVE: archive, AUDIT_SIGNING_KEY: signingKey }
  const auth = await startAuth({ env: keeping })
  for (let n = 0; n < 4; n += 1) await auth.user()
  const { child, lines } = await start({ ...auth.env, AUDIT_KEEP_ENTRIES: '2' })
  await until(
    'a checkpoint stands in the archive',
    async () => (await createFolderSink(archive).read(checkpointName('north', 1))) !== undefined,
  )
  await until('the log is trimmed', async () => (await auth.redis.xlen(auditKeys.log('north'))) === 2)
  await child.end('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(lines.some((line) => line.includes('audit checkpoints are signed'))).toBe(true)
  expect(lines.filter((line) => line.includes('"message":"audit checkpoint"'))).toHaveLength(1)

  const { email } = await auth.user({ roles: ['auditor'], totpSecret })
  const { challengeId = '' } = await problemOf(auth.login(email))
  const token = await tokenOf(auth.mfa(challengeId, codeAt(Date.now())))
  const verify = () =>
    auth.app.request('/auth/audit/verify', { headers: { Authorization: `Bearer ${token}` } })
  expect(await (await verify()).json()).toMatchObject({
    intact: true,
    trimmed: 2,
    checkpoint: { number: 1, seq: 4 },
  })

  await rm(archive, { recursive: true })
  expect(await (await verify()).json()).toEqual({ intact: false, seq: 1, finding: 'checkpoint-missing' })
  await writeFile(archive, 'no folder')
  const away = await verify()
  expect(away.status).toBe(503)
  expect((await problemOf(away)).code).toBe('archive-unavailable')
  await auth.stop()
})

test('the service does not start with an archive and no key to sign with', async () => {
  const auth = await startAuth()
  const { child, lines } = await start({ ...auth.env, AUDIT_ARCHIVE: join(folder, 'unsigned') })
  expect(await child.exited).toBe(1)
  await until('it says why', () =>
    lines.some((line) => line.includes('AUDIT_SIGNING_KEY is required where AUDIT_ARCHIVE is set')),
  )
  await auth.stop()
})

test('public keys are told apart from what is none at start, without their value', async () => {
  const auth = await startAuth()
  const { child, lines } = await start({ ...auth.env, AUDIT_VERIFY_KEYS: 'bm90IGEga2V5' })
  expect(await child.exited).toBe(1)
  await until('it says why', () => lines.some((line) => line.includes('AUDIT_VERIFY_KEYS')))
  expect(lines.join()).not.toContain('bm90IGEga2V5')
  await auth.stop()
})
