import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { isRedisUnavailable } from '#lib/redis/unavailable.ts'
import { startTestCluster, type TestCluster } from '#lib/testing/cluster.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { halfMoves, notRefused } from '#lib/testing/half-moves.ts'
import { createEmergencyStore } from '../emergency/emergency-store.ts'
import { createRecoveryCodes } from '../second-factors/recovery-codes.ts'
import { createAccessStore } from '../users/access-store.ts'
import { createProgramStore } from '../users/program-store.ts'
import { setPracticeLimits } from './practice-limits.ts'
import { listSessions } from './session-list.ts'
import { createSessionStore } from './session-store.ts'

let cluster: TestCluster
let ground: ServiceGround
beforeAll(async () => {
  cluster = await startTestCluster()
  ground = await openTestGround('moving-slot-test', cluster)
})
afterAll(async () => {
  disconnect(ground.redis)
  await cluster.stop()
})

const fail = (): never => {
  throw new Error('nothing is there')
}

/** A practice with two users, the first of whom has two sessions, one of them with emergency access. */
async function openPractice(practiceId: string) {
  const { redis, cipher } = ground
  await ground.dataKeys.ensure(practiceId)
  const [id, other] = [randomUUID(), randomUUID()]
  for (const user of [id, other]) {
    await redis.zadd(sessionKeys.users(practiceId), 0, user)
    const access = { roles: 'admin', epoch: '0', disabled: '0' }
    await redis.hset(sessionKeys.access(practiceId, user), access)
  }
  const sessions = createSessionStore({
    redis,
    limits: { idleMs: 600_000, absoluteMs: 600_000, perUserMax: 2 },
  })
  const access = createAccessStore({ redis })
  const emergencies = createEmergencyStore({ redis, cipher, lifeMs: 600_000 })
  const open = async () => (await sessions.open(practiceId, id, 'aal2')) ?? fail()
  const [first, second] = [await open(), await open()]
  const use = await emergencies.announce({
    practiceId,
    userId: id,
    sessionId: first.view.id,
    reason: 'she is not responsive',
  })
  const elevated = { practiceId, id: use.id }
  expect(await emergencies.elevate(elevated, { tokenHash: first.tokenHash, userId: id })).toBe(true)
  return {
    'open a session': open,
    'rotate a session': () =>
      sessions.rotate(practiceId, second.tokenHash, { aal: 'aal2', endOthers: true, passwordHash: 'x' }),
    'list the sessions': () => listSessions(redis, practiceId, id),
    'disable a user': () => access.change({ practiceId, id: other }, { kind: 'disable' }),
    'replace the roles': () => access.replaceRoles(practiceId, { admin: ['users:manage'] }, 0),
    'end emergency access': () => emergencies.end(elevated, { tokenHash: first.tokenHash }),
    'end a session': () => sessions.end(practiceId, first.tokenHash),
  }
}

/** What Redis itself keeps whole, made or refused. */
function transactionsOf(practiceId: string) {
  const { redis, cipher, dataKeys } = ground
  const codes = createRecoveryCodes({ redis })
  const programs = createProgramStore({ redis, cipher, dataKeys })
  const user = { practiceId, userId: randomUUID() }
  const program = {
    practiceId,
    id: randomUUID(),
    name: 'reports',
    roles: ['operator'] as const,
    createdAt: 0,
  }
  return {
    'renew the recovery codes': async () => {
      const [code = ''] = await codes.renew(user)
      return () => codes.spend(user, code)
    },
    'add a program': async () => {
      const secret = await programs.create(program)
      return () => programs.verify(program, secret)
    },
    'shorten the sessions': async () => {
      await setPracticeLimits(redis, practiceId, { idleMs: 60_000, absoluteMs: 60_000 })
      return async () => (await redis.hlen(sessionKeys.sessionLimits(practiceId))) === 2
    },
  }
}

const kinds = {
  sessions: /:session:/,
  'users and indexes': /:(access|sessions|emergency):/,
  'what the practice has once': /^\{[^}]*\}:[^:]+$/,
}

test.each(halfMoves(kinds))(
  'with %s at another master every step is refused as a whole, and each is made afterwards',
  async (_, moves) => {
    const practiceId = `clinic-${randomUUID().slice(0, 8)}`
    const steps = await openPractice(practiceId)
    const move = await cluster.moveInPart(sessionKeys.epoch(practiceId), moves)
    const before = await move.content()
    expect(await notRefused(steps)).toEqual({})
    expect(await move.content()).toEqual(before)

    await move.end()
    expect(await steps['list the sessions']()).toHaveLength(2)
    expect(await steps['end emergency access']()).toMatchObject({ endedBy: 'holder' })
    expect(await steps['end a session']()).toBeDefined()
    expect(await steps['rotate a session']()).toBeDefined()
    expect(await steps['open a session']()).toBeDefined()
    expect(await steps['list the sessions']()).toHaveLength(2)
    expect(await steps['disable a user']()).toMatchObject({ outcome: 'done' })
    expect(await steps['replace the roles']()).toMatchObject({ outcome: 'done' })
  },
  60_000,
)

test.each(halfMoves(kinds))(
  'with %s at another master a transaction is made or refused, and stands as it was told',
  async (_, moves) => {
    const practiceId = `clinic-${randomUUID().slice(0, 8)}`
    await openPractice(practiceId)
    const transactions = transactionsOf(practiceId)
    const move = await cluster.moveInPart(sessionKeys.epoch(practiceId), moves)
    const outcomes = await Promise.allSettled(Object.values(transactions).map((transact) => transact()))
    await move.end()
    for (const [index, [name, transact]] of Object.entries(transactions).entries()) {
      const outcome = outcomes[index] ?? fail()
      if (outcome.status === 'rejected') expect(outcome.reason, name).toSatisfy(isRedisUnavailable)
      const stands = outcome.status === 'fulfilled' ? outcome.value : await transact()
      expect(await stands(), name).toBe(true)
    }
  },
  60_000,
)
