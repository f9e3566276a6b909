import { afterAll, beforeAll, expect, test } from 'vitest'
import { RatesConfig, ratesOf } from '#lib/config/rates.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { startTestCluster, type TestCluster } from '#lib/testing/cluster.ts'
import { openTestGround, signInTestUser, type TestSession } from '#lib/testing/ground.ts'
import { notRefused } from '#lib/testing/half-moves.ts'
import { createRateLimiter } from './rate-limiter.ts'

let cluster: TestCluster
let ground: ServiceGround
beforeAll(async () => {
  cluster = await startTestCluster()
  ground = await openTestGround('tiny', cluster)
})
afterAll(async () => {
  disconnect(ground.redis)
  await cluster.stop()
})

/** So few that a bucket stands for seconds after a request: it is there to be moved. */
const scant = { RATE_READ: '10/10/10' }
const quotasOver = () =>
  createRateLimiter({ redis: ground.redis, rates: ratesOf(RatesConfig.parse(scant)) }).quotas

test('requests of one turn are answered whichever master has their practice', async () => {
  const practices = Array.from({ length: 8 }, (_, index) => `practice-${index}`)
  const nodes = await Promise.all(practices.map((id) => cluster.nodeOf(sessionKeys.epoch(id))))
  expect(new Set(nodes).size).toBeGreaterThan(1)
  const sessions = await Promise.all(
    [...practices, ...practices].map((practiceId) =>
      signInTestUser(ground, { roles: ['front-desk'], practiceId }),
    ),
  )
  const { read } = quotasOver()
  const answers = await Promise.all(
    sessions.map(({ token }) => ground.guard.check(token, { activity: false, quotas: read })),
  )
  expect(answers.map((answer) => answer?.userId)).toEqual(sessions.map(({ userId }) => userId))
})

let practicesMade = 0
const uniquePractice = () => `moving-${practicesMade++}`

const bucketsOf = ({ practiceId, tokenHash, userId }: TestSession) =>
  [tokenHash, 'practice', userId].map((name) => sessionKeys.rate(practiceId, `read:${name}`))

test.each<[string, (session: TestSession) => string[]]>([
  ['session', ({ practiceId, tokenHash }) => [sessionKeys.session(practiceId, tokenHash)]],
  ['bucket', (session) => bucketsOf(session).slice(0, 1)],
  ['two buckets', (session) => bucketsOf(session).slice(0, 2)],
  ['user', ({ practiceId, userId }) => [sessionKeys.access(practiceId, userId)]],
  ['user and three buckets', (one) => [sessionKeys.access(one.practiceId, one.userId), ...bucketsOf(one)]],
])(
  'a good session whose %s moved to another master before the rest is not called ended',
  async (_, keysOf) => {
    const user = await signInTestUser(ground, { roles: ['front-desk'], practiceId: uniquePractice() })
    const { token, practiceId, tokenHash } = user
    const { read } = quotasOver()
    const check = () => ground.guard.check(token, { activity: false, quotas: read })
    const recheck = () => ground.guard.recheck(practiceId, tokenHash)
    expect(await check()).toBeDefined()

    const moved = keysOf(user)
    const move = await cluster.moveInPart(sessionKeys.session(practiceId, tokenHash), (name) =>
      moved.includes(name),
    )
    // Nobody can tell now: it is answered 503 and asked again.
    expect(await notRefused({ check, recheck })).toEqual({})
    await move.end()
    expect(await check()).toMatchObject({ tokenHash })
    expect(await recheck()).toMatchObject({ tokenHash })
  },
  60_000,
)
