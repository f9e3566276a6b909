import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { queueKeys } from '#lib/testing/one-partition.ts'
import type { ClaimedRequest } from '../queue/claimed-request.ts'
import { createRequestQueue } from '../queue/request-queue.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { appointment, type Intake } from '../testing/work-by-hand.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { createRunRequest } from './run-request.ts'

const { redis, startIntake } = clinicForEachTest()
let intake: Intake
beforeEach(async () => {
  intake = await startIntake()
})

/** What another worker does while this one is stopped. */
async function takeOver(): Promise<void> {
  const limits = { retentionMs: 60_000, inlineBytesMax: 1_000 }
  const other = createRequestQueue({ redis: redis.redis, keys: queueKeys, consumer: 'other', limits })
  expect(await other.claim(await other.reclaim(0, 10))).toHaveLength(1)
}

/** So late another worker may have a request whose lease is twice as long, and half of it is left to ask in. */
const lateMs = 1_000
const late = () => sleep(1.1 * lateMs)

/** Runs a write of two calls on a worker to whom something happens on the way; → what it sent. */
async function run(when: { begun?: () => Promise<void>; between?: () => Promise<void> }) {
  await intake.submitAs(intake.session, 'createAppointment', appointment)
  const sent: string[] = []
  const upstream = {
    async perform({ onAdmitted }: Parameters<Upstream['perform']>[0]) {
      await onAdmitted?.()
      sent.push('read')
      await when.between?.()
      await onAdmitted?.()
      sent.push('write')
      return { id: '1' }
    },
  } as unknown as Upstream
  const runRequest = createRunRequest({
    ...intake.ground,
    queue: {
      ...intake.queue,
      async beginAttempt(request: ClaimedRequest) {
        const attempt = await intake.queue.beginAttempt(request)
        await when.begun?.()
        return attempt
      },
    },
    upstream,
    breaker: { state: 'closed', room: () => 1, call: (made) => made(false) },
    breakerWaitMs: 1,
    callMsMax: 1,
    leaseMs: 2 * lateMs,
    takeReadTurn: async () => ({
      kind: 'ask',
      keep: async () => undefined,
      standIn: async () => undefined,
      leave: async () => {},
    }),
    noteWrite: async () => {},
    random: () => 0,
    permissionsOf: async () => ['appointments:write'],
    pause: async () => {},
    stopAccount: async () => {},
  })
  const request = await intake.claimNext()
  if (!request) throw new Error('nothing was claimed')
  const { kind } = await runRequest(request, new AbortController().signal)
  return { kind, sent }
}

test('a worker that hears late that its attempt has begun sends nothing once another has the request', async () => {
  expect(await run({ begun: () => late().then(takeOver) })).toEqual({ kind: 'dropped', sent: [] })
})

test('between the calls of a write it sees that another has the request, and does not write', async () => {
  expect(await run({ between: () => late().then(takeOver) })).toEqual({ kind: 'dropped', sent: ['read'] })
})

test('late replies alone keep no write from being made', async () => {
  expect(await run({ begun: late, between: late })).toEqual({ kind: 'succeeded', sent: ['read', 'write'] })
})
