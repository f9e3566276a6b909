import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createEventBus } from '#lib/bus/event-bus.ts'
import { startRedisServer } from '#lib/processes/redis-server.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { openTestGround, signInTestUser } from '#lib/testing/ground.ts'
import { createEmergencyStore } from '../../services/auth-session/emergency/emergency-store.ts'
import { endEmergency } from '../../services/auth-session/emergency/end-emergency.ts'
import { revokePractice, revokeUser } from '../../services/auth-session/sessions/revoke-sessions.ts'
import { listSessions } from '../../services/auth-session/sessions/session-list.ts'
import { createSessionStore } from '../../services/auth-session/sessions/session-store.ts'
import { aclFile } from './acl.ts'

test('auth-session’s own user may do all that sessions and emergency access need', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'acl-'))
  const file = join(folder, 'users.acl')
  await writeFile(
    file,
    aclFile({ operator: 'o', 'auth-session': 'a', 'tebra-proxy-worker': 't', 'stream-sse': 's' }),
  )
  const server = await startRedisServer({ folder, aclFile: file })
  const ground = await openTestGround('auth-session', {
    url: `redis://auth-session:a@127.0.0.1:${server.port}`,
  })
  const { redis } = ground
  const { userId } = await signInTestUser(ground, { roles: ['clinician'], practiceId: 'north' })
  const limits = { idleMs: 900_000, absoluteMs: 43_200_000, perUserMax: 10 }
  const sessions = createSessionStore({ redis, limits })
  const emergencies = createEmergencyStore({ ...ground, lifeMs: 60_000 })

  const opened = await sessions.open('north', userId, 'aal2', { device: { digest: 'd', sealed: 's' } })
  const renewed = await sessions.rotate('north', opened?.tokenHash ?? '', { aal: 'aal2', endOthers: true })
  if (!renewed) throw new Error('not rotated')
  expect(await listSessions(redis, 'north', userId)).toHaveLength(1)
  expect(await sessions.touch('north', renewed.tokenHash)).toBeGreaterThan(Date.now())

  const whose = { practiceId: 'north', userId, sessionId: renewed.view.id, reason: 'cannot wait' }
  const use = { practiceId: 'north', id: (await emergencies.announce(whose)).id }
  expect(await emergencies.elevate(use, { tokenHash: renewed.tokenHash, userId })).toBe(true)
  expect(await emergencies.running('north', renewed.tokenHash)).toEqual(use)
  await sessions.end('north', renewed.tokenHash)
  expect(await emergencies.due()).toEqual([use])
  const bus = createEventBus({ ...ground, partitions: createPartitions(1) })
  await endEmergency({ ...ground, emergencies, bus }, use)
  expect((await emergencies.list('north', undefined)).uses).toMatchObject([{ endedBy: 'session-end' }])
  expect(await revokeUser(redis, 'north', userId)).toBe(true)
  await revokePractice(redis, 'north')

  disconnect(redis)
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
