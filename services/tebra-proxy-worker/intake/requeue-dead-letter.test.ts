import { beforeEach, expect, test } from 'vitest'
import { RequeueManyAnswer } from '#lib/contract/dead-letters.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { onePartition, queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { appointment, exhausted, type Intake, unclear } from '../testing/work-by-hand.ts'
import { createRequestDesk } from './request-desk.ts'

const { redis, startIntake } = clinicForEachTest()
let intake: Intake
let operator: TestSession
const start = async (env?: Record<string, string>) => {
  intake = await startIntake(env)
  operator = await intake.signIn({ roles: ['operator'] })
}
beforeEach(() => start())

const requeue = (id: string, body: object = {}, as = operator) =>
  intake.post(`/tebra/dead-letters/${id}/requeue`, body, { as })
const requeueMany = async (body: object = {}, as = operator) => {
  const answer = await intake.post('/tebra/dead-letters/requeue', { filter: {}, ...body }, { as })
  return RequeueManyAnswer.parse(await answer.json())
}
const dead = () => redis.redis.zcard(queueKeys.dead('test-clinic'))
const bytes = async () => Number(await redis.redis.get(queueKeys.bytes))
const requeues = async () => (await intake.audited()).filter(({ action }) => action === 'dead-letter.requeue')
const statusOf = (id: string) => redis.redis.hget(queueKeys.request(id), 'status')
const deadOnes = async (count: number) => {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await intake.submitAs(intake.session, 'getProviders'))
  await intake.endAll(exhausted)
  return ids
}

test('a requeued letter is pending again with all its attempts before it, and can be claimed', async () => {
  const id = await intake.deadLetter(intake.session, 'getPatient', { patientId: '10001' })
  const record = RequestRecord.parse(await (await requeue(id)).json())
  expect(record).toMatchObject({ status: 'pending', attempts: 0 })
  expect(record.error).toBeUndefined()
  expect(record.timeline.at(-1)).toMatchObject({ status: 'pending', reason: 'requeued' })
  expect(await dead()).toBe(0)
  expect(await bytes()).toBeGreaterThan(0)
  expect(await intake.claimNext()).toMatchObject({ id, attempts: 0, intent: 'none' })
})

test('of many requeues at once exactly one happens: one entry, one share of the bytes, one success in the audit log', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  const answers = await Promise.all(Array.from({ length: 8 }, () => requeue(id)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  expect(await redis.redis.xlen(queueKeys.requests)).toBe(1)
  expect(await bytes()).toBe(Number(await redis.redis.hget(queueKeys.request(id), 'bytes')))
  const refused = answers.find(({ status }) => status === 409)
  expect(await refused?.json()).toMatchObject({ code: 'not-a-dead-letter' })
  const events = await requeues()
  const failed = events.filter(({ outcome }) => outcome === 'failure')
  expect(events.length - 2 * failed.length).toBe(1)
})

test('a worker that never heard that its end was written cannot end the new round with it', async () => {
  const id = await intake.submitAs(intake.session, 'getProviders')
  const claimed = await intake.claimNext()
  if (!claimed) throw new Error('nothing was claimed')
  await intake.queue.beginAttempt(claimed)
  await intake.queue.finish(claimed, exhausted)
  expect((await requeue(id)).status).toBe(200)
  expect(await intake.queue.finish(claimed, exhausted)).toBe('fenced')
  expect(await statusOf(id)).toBe('pending')
})

test('an edited letter goes out with the edited params; the audit log has the names of the fields and not their values', async () => {
  const id = await intake.deadLetter(intake.session, 'createAppointment', {
    ...appointment,
    notes: 'planted-before',
  })
  const params = { ...appointment, start: '2026-12-01T15:10:00Z', notes: 'planted-after' }
  expect((await requeue(id, { params })).status).toBe(200)
  await intake.endAll(exhausted)
  const opened = await intake.request(`/tebra/dead-letters/${id}`, { as: operator })
  expect(await opened.json()).toMatchObject({ params })
  expect(await requeues()).toMatchObject([{ reason: 'edited: notes, start', actor: operator.userId }])
  expect(JSON.stringify(await intake.audited())).not.toContain('planted')
  expect(JSON.stringify(await redis.redis.hgetall(queueKeys.request(id)))).not.toContain('planted')
})

test('without a body it goes as it was', async () => {
  const id = await intake.deadLetter(intake.session, 'getPatient', { patientId: '10001' })
  const path = `/tebra/dead-letters/${id}/requeue`
  expect((await intake.request(path, { method: 'POST', as: operator })).status).toBe(200)
  expect(await statusOf(id)).toBe('pending')
})

test('an edited letter stands in the lane of the patient it is now about', async () => {
  const id = await intake.deadLetter(intake.session, 'getPatient', { patientId: '10001' })
  const other = await intake.submitAs(intake.session, 'getPatient', { patientId: '10002' })
  await requeue(id, { params: { patientId: '10002' } })
  expect(await intake.claimNext()).toMatchObject({ id: other })
  expect(await intake.claimNext()).toBeUndefined()
})

test('edited params are checked by the action’s own schema, and a wrong edit changes nothing', async () => {
  const id = await intake.deadLetter(intake.session, 'getPatient', { patientId: '10001' })
  const answer = await requeue(id, { params: { patientId: 'x', more: 1 } })
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({
    code: 'params-refused',
    errors: [{ path: 'params.patientId' }, { path: 'params' }],
  })
  expect(await statusOf(id)).toBe('dead')
  expect(await requeues()).toEqual([])
})

test('an uncertain write is requeued only with the word that it was not applied', async () => {
  const id = await intake.deadLetter(intake.session, 'createAppointment', appointment, unclear)
  const refused = await requeue(id)
  expect(refused.status).toBe(409)
  expect(await refused.json()).toMatchObject({ code: 'confirm-required' })
  expect((await requeue(id, { confirm: 'yes' })).status).toBe(422)
  expect(await statusOf(id)).toBe('uncertain')
  expect((await requeue(id, { confirm: 'not-applied' })).status).toBe(200)
  expect(await requeues()).toMatchObject([{ reason: 'as it was; confirmed: not-applied' }])
})

test('a word that was given for a dead letter does not count when it has become uncertain meanwhile', async () => {
  const id = await intake.deadLetter(intake.session, 'createAppointment', appointment)
  const seen = RequestRecord.parse(await (await intake.request(`/tebra/requests/${id}`)).json())
  await requeue(id)
  await intake.endAll(unclear)
  const desk = createRequestDesk({
    ...intake.ground,
    partitions: onePartition,
    laneKey: Buffer.alloc(32),
    limits: { queueBytesMax: 1e6, retentionMs: 1e6, practiceShare: 8 },
  })
  expect(await desk.deadLetters.requeue(seen)).toBe('changed')
  expect(await statusOf(id)).toBe('uncertain')
})

test('an uncertain read may be requeued without a word, for reading twice writes nothing', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders', {}, unclear)
  expect((await requeue(id)).status).toBe(200)
})

test('beyond the byte budget a requeue is refused as queue-full and the letter stays', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  await intake.close()
  await start({ QUEUE_BYTES_MAX: '2500' })
  await intake.submitAs(intake.session, 'getProviders')
  const answer = await requeue(id)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('Retry-After')).toBe('10')
  expect(await answer.json()).toMatchObject({ code: 'queue-full' })
  expect(await statusOf(id)).toBe('dead')
  expect((await requeues()).at(-1)).toMatchObject({ outcome: 'failure', reason: 'refused: full' })
})

test('nothing is requeued when the audit log is away', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  await intake.breakAudit()
  expect((await requeue(id)).status).toBe(500)
  const many = await intake.post('/tebra/dead-letters/requeue', { filter: {} }, { as: operator })
  expect(many.status).toBe(500)
  expect(await statusOf(id)).toBe('dead')
})

test('many are requeued by filter, oldest first, each audited; what does not match stays', async () => {
  const other = await intake.deadLetter(intake.session, 'getPractices')
  const ids = await deadOnes(70)
  expect(await requeueMany({ filter: { action: 'getProviders', reason: 'attempts-exhausted' } })).toEqual({
    requeued: 70,
    skipped: 0,
    skippedFor: { confirmRequired: 0, changed: 0, queueFull: 0 },
  })
  expect(await statusOf(other)).toBe('dead')
  expect(await redis.redis.zrange(queueKeys.dead('test-clinic'), '0', '-1')).toEqual([other])
  expect(new Set((await requeues()).map(({ entity }) => entity))).toEqual(
    new Set(ids.map((id) => `Request/${id}`)),
  )
  expect((await intake.claimNext())?.id).toBe(ids[0])
})

test('at most `limit` are taken up, the newest, and the cursor leads on to the others', async () => {
  const ids = await deadOnes(5)
  const first = await requeueMany({ limit: 2 })
  expect(first).toMatchObject({ requeued: 2, skipped: 0 })
  expect(await Promise.all(ids.map(statusOf))).toEqual(['dead', 'dead', 'dead', 'pending', 'pending'])
  const rest = await requeueMany({ cursor: first.cursor })
  expect(rest).toMatchObject({ requeued: 3 })
  expect(rest.cursor).toBeUndefined()
})

test('when another number matches than the operator expects, nothing is requeued', async () => {
  await deadOnes(3)
  const body = { filter: {}, confirm: 2 }
  const answer = await intake.post('/tebra/dead-letters/requeue', body, { as: operator })
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'version-conflict', detail: '3 match, not 2' })
  expect(await dead()).toBe(3)
  expect(await requeueMany({ confirm: 3 })).toMatchObject({ requeued: 3 })
})

test('uncertain writes are skipped by the many: each needs a person’s word', async () => {
  const id = await intake.deadLetter(intake.session, 'createAppointment', appointment, unclear)
  await deadOnes(1)
  expect(await requeueMany()).toMatchObject({ requeued: 1, skipped: 1, skippedFor: { confirmRequired: 1 } })
  expect(await statusOf(id)).toBe('uncertain')
})

test('two operators who requeue the same many share them: each letter goes once', async () => {
  await deadOnes(60)
  const [one, two] = await Promise.all([requeueMany(), requeueMany()])
  expect(one.requeued + two.requeued).toBe(60)
  expect(await dead()).toBe(0)
  expect(await redis.redis.zcard(queueKeys.open)).toBe(60)
})

test('where the queue fills up on the way the rest stays and is counted', async () => {
  await deadOnes(6)
  await intake.close()
  await start({ QUEUE_BYTES_MAX: '7500' })
  const answer = await requeueMany()
  expect(answer).toMatchObject({ requeued: 3, skipped: 3, skippedFor: { queueFull: 3 } })
  expect(await dead()).toBe(3)
  const refused = await intake.post('/tebra/dead-letters/requeue', { filter: {} }, { as: operator })
  expect(refused.status).toBe(503)
})

test('the many never touch another practice’s letters', async () => {
  await deadOnes(2)
  const stranger = await intake.signIn({ roles: ['admin'], practiceId: 'other-clinic' })
  const foreign = await intake.deadLetter(stranger, 'getProviders')
  expect(await requeueMany({}, stranger)).toMatchObject({ requeued: 1 })
  expect(await statusOf(foreign)).toBe('pending')
  expect(await dead()).toBe(2)
  expect(await requeueMany({ filter: { action: 'getPractices' } }, stranger)).toMatchObject({ requeued: 0 })
})

test('a letter that a requeue brought through carries no result back to the operator', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  const answer = await requeue(id)
  expect(await answer.json()).not.toHaveProperty('data')
})

test.each([
  { limit: 0 },
  { limit: 501 },
  { filter: { reason: 'NOT A CODE' } },
  { filter: { status: 'dead' } },
  { confirm: -1 },
  { cursor: 'x' },
])('refuses many by %j', async (body) => {
  const answer = await intake.post('/tebra/dead-letters/requeue', { filter: {}, ...body }, { as: operator })
  expect(answer.status).toBe(422)
})

test('without the permission nothing is requeued', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  expect((await requeue(id, {}, intake.session)).status).toBe(403)
  const many = await intake.post('/tebra/dead-letters/requeue', { filter: {} })
  expect(many.status).toBe(403)
})
