import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createSessionGuard } from '#lib/http/session-guard.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { openTestGround, signInTestUser, testSecrets } from '#lib/testing/ground.ts'
import { startTestRedis } from '#lib/testing/redis.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('./revoke-everyone.ts', import.meta.url))

test('the operator’s command ends every session, and needs a reason', async () => {
  const server = await startTestRedis()
  const ground = await openTestGround('tiny', server)
  const sessions = await Promise.all(
    ['north', 'south'].map(async (practiceId) => {
      const event = { actor: 'test', entity: 'User/1', outcome: 'success', requestId: 'r' } as const
      await ground.audit.append({ action: 'user.create', practiceId, ...event })
      return signInTestUser(ground, { roles: ['clinician'], practiceId })
    }),
  )
  const guard = createSessionGuard({ redis: ground.redis, now: Date.now })
  const alive = () =>
    Promise.all(sessions.map(async ({ token }) => !!(await guard.check(token, { activity: false }))))
  const env = { ...process.env, REDIS_URL: server.url, AUDIT_KEY: testSecrets.AUDIT_KEY.toString('base64') }
  const command = (...words: string[]) => run(process.execPath, [script, ...words], { env })

  await expect(command()).rejects.toThrow('revoke:everyone')
  expect(await alive()).toEqual([true, true])
  expect((await command('a', 'backup', 'was', 'stolen')).stdout).toContain('2 practices')
  expect(await alive()).toEqual([false, false])
  disconnect(ground.redis)
  await server.stop()
})
