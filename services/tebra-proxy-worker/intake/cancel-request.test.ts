import { beforeEach, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { exhausted, type Intake } from '../testing/work-by-hand.ts'

const { redis, simulator, start, startIntake } = clinicForEachTest()
let intake: Intake
beforeEach(async () => {
  intake = await startIntake()
})

const cancel = (id: string, as: TestSession = intake.session) =>
  intake.post(`/tebra/requests/${id}/cancel`, {}, { as })
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]
const claimed = async () => {
  const request = await intake.claimNext()
  if (!request) throw new Error('nothing was claimed')
  return request
}
const bytes = async () => Number(await redis.redis.get(queueKeys.bytes))

test('a pending request is cancelled, gives its bytes back and is never handed to a worker', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  const answer = await cancel(id)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    status: 'cancelled',
    error: { message: 'cancelled by the requester' },
  })
  expect(await bytes()).toBe(0)
  expect(await intake.claimNext()).toBeUndefined()
  expect(await redis.redis.xlen(queueKeys.requests)).toBe(0)
})

test('a delayed request is cancelled and does not come back when it would be due', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  await intake.queue.postpone(await claimed(), { delayMs: 20, reason: 'throttled', burned: true })
  expect((await cancel(id)).status).toBe(200)
  expect(await redis.redis.zcard(queueKeys.delayed)).toBe(0)
  expect(await intake.queue.moveDue()).toBe(0)
})

test('a request that waits beyond its practice’s share or in its lane is cancelled and leaves the line to the next', async () => {
  await intake.close()
  intake = await startIntake({ PRACTICE_SHARE: '1' })
  const [first, second, third] = [
    await intake.submitAs(intake.session, 'getPatient', { patientId: '10001' }),
    await intake.submitAs(intake.session, 'getPatient', { patientId: '10001' }),
    await intake.submitAs(intake.session, 'getProviders'),
  ]
  const last = await intake.submitAs(intake.session, 'getPractices')
  for (const id of [second, third]) expect((await cancel(id)).status).toBe(200)
  const head = await claimed()
  expect(head.id).toBe(first)
  await intake.queue.finish(head, exhausted)
  expect((await claimed()).id).toBe(last)
})

test('a request in a worker’s hands that it has not sent is cancelled, and the worker can send it no more', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  const request = await claimed()
  expect((await cancel(id)).status).toBe(200)
  expect(await intake.queue.beginAttempt(request)).toBe(0)
  expect(await intake.queue.finish(request, { status: 'success', sealed: 'x' })).toBe('already')
  expect(await redis.redis.hget(queueKeys.request(id), 'status')).toBe('cancelled')
  expect(await redis.redis.xlen(queueKeys.requests)).toBe(0)
})

test('a request that is being sent is not taken back, and one that has ended is not ended again', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  const request = await claimed()
  await intake.queue.beginAttempt(request)
  expect(await codeOf(await cancel(id))).toEqual([409, 'already-started'])
  expect((await intake.audited()).slice(-2)).toMatchObject([
    { action: 'request.cancel', outcome: 'success' },
    { action: 'request.cancel', outcome: 'failure', reason: 'refused: started' },
  ])
  await intake.queue.finish(request, exhausted)
  expect(await codeOf(await cancel(id))).toEqual([409, 'already-ended'])
})

test('of many cancels at once one happens', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await cancel(id)).status))
  expect(statuses.sort()).toEqual([200, 409, 409, 409, 409, 409])
  expect(await bytes()).toBe(0)
})

test('an operator of the practice cancels for others, and the audit log says who', async () => {
  const operator = await intake.signIn({ roles: ['operator'] })
  const id = await intake.submitAs(intake.session, 'getProviders')
  const answer = await cancel(id, operator)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ error: { message: 'cancelled by the operator' } })
  expect((await intake.audited()).at(-1)).toMatchObject({
    action: 'request.cancel',
    actor: operator.userId,
    entity: `Request/${id}`,
    reason: 'by the operator',
  })
})

test('a colleague and another practice’s admin find nothing to cancel', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  const colleague = await intake.signIn({ roles: ['front-desk'] })
  const stranger = await intake.signIn({ roles: ['admin'], practiceId: 'other-clinic' })
  for (const as of [colleague, stranger]) expect((await cancel(id, as)).status).toBe(404)
  expect(await redis.redis.hget(queueKeys.request(id), 'status')).toBe('pending')
})

test('nothing is cancelled when the audit log is away', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  await intake.breakAudit()
  expect((await cancel(id)).status).toBe(500)
  expect(await redis.redis.hget(queueKeys.request(id), 'status')).toBe('pending')
})

test('against a worker whose calls wait for their turn, what is cancelled in time is never sent and all else exactly once', async () => {
  const proxy = await start()
  try {
    const submitted = await Promise.all(
      Array.from({ length: 24 }, (_, n) => proxy.submit('getPatient', { patientId: String(10_001 + n) })),
    )
    // At any moment of the way: in the queue, beyond the practice's share, in hand, in the limiter's line, sent, ended.
    const statuses = await Promise.all(
      submitted.map(async ({ id }, n) => {
        await new Promise((resolve) => setTimeout(resolve, (n % 8) * 150))
        return (await proxy.post(`/tebra/requests/${id}/cancel`, {})).status
      }),
    )
    await until('everything has ended', async () => (await redis.redis.zcard(queueKeys.open)) === 0, 30_000)
    const records = await Promise.all(submitted.map(({ id }) => proxy.ended(id, 0)))
    const cancelled = records.filter(({ status }) => status === 'cancelled')
    expect(records.map(({ status }) => status === 'cancelled')).toEqual(statuses.map((code) => code === 200))
    expect(cancelled.length).toBeGreaterThan(0)
    expect(cancelled.length).toBeLessThan(24)
    expect(cancelled.map(({ attempts }) => attempts)).toEqual(cancelled.map(() => 0))
    expect((await simulator.counts()).byOperation.GetPatient).toBe(24 - cancelled.length)
  } finally {
    await proxy.close()
  }
}, 60_000)
