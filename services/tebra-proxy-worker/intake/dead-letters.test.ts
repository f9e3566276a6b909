import { beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { DeadLetter, OpenedDeadLetter } from '#lib/contract/dead-letters.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { appointment, exhausted, type Intake, unclear } from '../testing/work-by-hand.ts'

const { redis, startIntake } = clinicForEachTest()
let intake: Intake
let operator: TestSession
let stranger: TestSession
beforeEach(async () => {
  intake = await startIntake()
  operator = await intake.signIn({ roles: ['operator'] })
  stranger = await intake.signIn({ roles: ['admin'], practiceId: 'other-clinic' })
})

const Listed = z.object({ deadLetters: z.array(DeadLetter), cursor: z.string().optional() })
const list = async (query = '', as = operator) =>
  Listed.parse(await (await intake.request(`/tebra/dead-letters?${query}`, { as })).json())
const listedIds = async (query = '', as = operator) => (await list(query, as)).deadLetters.map(({ id }) => id)
const resolve = (id: string, body: object, as = operator) =>
  intake.post(`/tebra/dead-letters/${id}/resolve`, body, { as })
const settled = { outcome: 'error', note: 'called Ms Planted, not needed' }

test('a dead letter is listed with its error, its way and its ages, and without params', async () => {
  const id = await intake.deadLetter(intake.session, 'getPatient', { patientId: '10001' })
  const [letter] = (await list()).deadLetters
  expect(letter).toMatchObject({ id, status: 'dead', attempts: 1, error: exhausted.error })
  expect(letter?.timeline.map(({ status }) => status)).toEqual(['pending', 'processing', 'dead'])
  expect(letter?.sinceSubmittedMs).toBeGreaterThanOrEqual(letter?.sinceEndedMs ?? Number.NaN)
  expect(letter?.confirmRequired).toBe(false)
  expect(letter).not.toHaveProperty('params')
})

test('dead letters are found by reason, action, status and time of their end', async () => {
  const exhaustedId = await intake.deadLetter(intake.session, 'getProviders')
  const unclearId = await intake.deadLetter(intake.session, 'createAppointment', appointment, unclear)
  expect(await listedIds()).toEqual([unclearId, exhaustedId])
  expect(await listedIds('reason=attempts-exhausted')).toEqual([exhaustedId])
  expect(await listedIds('reason=poison')).toEqual([])
  expect(await listedIds('action=createAppointment')).toEqual([unclearId])
  expect(await listedIds('status=dead')).toEqual([exhaustedId])
  expect(await listedIds('status=uncertain')).toEqual([unclearId])
  expect(await listedIds(`from=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([])
  expect(await listedIds(`to=${new Date(Date.now() + 60_000).toISOString()}`)).toHaveLength(2)
  expect((await intake.request('/tebra/dead-letters?status=success', { as: operator })).status).toBe(422)
})

test('the pages of the list show every dead letter once', async () => {
  for (let count = 0; count < 60; count += 1) await intake.submitAs(intake.session, 'getProviders')
  await intake.endAll(exhausted)
  const first = await list()
  const second = await list(`cursor=${first.cursor}`)
  expect(second.cursor).toBeUndefined()
  const ids = [...first.deadLetters, ...second.deadLetters].map(({ id }) => id)
  expect(ids).toEqual(await redis.redis.zrevrange(queueKeys.dead('test-clinic'), 0, -1))
  expect(new Set(ids).size).toBe(60)
})

test('no dead letter is dropped, and how many there are is in the status', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  expect(await redis.redis.pttl(queueKeys.request(id))).toBe(-1)
  const status = await (await intake.request('/tebra/status', { as: operator })).json()
  expect(status).toMatchObject({ queue: { dead: 1 } })
})

test('an operator opens a dead letter’s params, and that is audited as a read; without the audit log it stays shut', async () => {
  const id = await intake.deadLetter(intake.session, 'createAppointment', {
    ...appointment,
    notes: 'planted',
  })
  const open = () => intake.request(`/tebra/dead-letters/${id}`, { as: operator })
  const opened = OpenedDeadLetter.parse(await (await open()).json())
  expect(opened).toMatchObject({ id, params: { patientId: '10001', notes: 'planted' } })
  expect((await intake.audited()).at(-1)).toMatchObject({
    action: 'dead-letter.read',
    actor: operator.userId,
    entity: `Request/${id}`,
  })
  await intake.breakAudit()
  const refused = await open()
  expect(refused.status).toBe(500)
  expect(await refused.text()).not.toContain('planted')
})

test('what is not a dead letter cannot be opened, and neither list nor letter without the permission', async () => {
  const pending = await intake.submitAs(intake.session, 'getProviders')
  expect((await intake.request(`/tebra/dead-letters/${pending}`, { as: operator })).status).toBe(404)
  for (const path of ['/tebra/dead-letters', `/tebra/dead-letters/${pending}`])
    expect((await intake.request(path)).status).toBe(403)
})

test('listing other people’s dead letters is audited', async () => {
  await intake.deadLetter(intake.session, 'getProviders')
  await list()
  expect((await intake.audited()).at(-1)).toMatchObject({
    action: 'dead-letter.list',
    actor: operator.userId,
    entity: 'Practice/test-clinic',
  })
  await intake.breakAudit()
  expect((await intake.request('/tebra/dead-letters', { as: operator })).status).toBe(500)
})

test('another practice’s dead letter is not found by any route and not listed', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  expect(await listedIds('', stranger)).toEqual([])
  const answers = await Promise.all([
    intake.request(`/tebra/dead-letters/${id}`, { as: stranger }),
    intake.request(`/tebra/requests/${id}`, { as: stranger }),
    intake.post(`/tebra/dead-letters/${id}/requeue`, {}, { as: stranger }),
    intake.post(`/tebra/requests/${id}/cancel`, {}, { as: stranger }),
    resolve(id, settled, stranger),
  ])
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
  expect(await listedIds()).toEqual([id])
})

test('a settled dead letter shows by whom, when and why, leaves the list, and its note is sealed in Redis', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  const answer = RequestRecord.parse(await (await resolve(id, settled)).json())
  expect(answer).toMatchObject({ status: 'error', resolvedBy: operator.userId, note: settled.note })
  for (const as of [intake.session, operator]) {
    const record = await (await intake.request(`/tebra/requests/${id}`, { as })).json()
    expect(record).toMatchObject({ resolvedBy: operator.userId, note: settled.note, error: exhausted.error })
    expect(Date.parse(record.resolvedAt)).toBeLessThanOrEqual(Date.now())
  }
  expect(await listedIds()).toEqual([])
  const history = await (await intake.request('/tebra/requests')).text()
  expect(history).not.toContain('Planted')
  const dump = JSON.stringify([
    await redis.redis.hgetall(queueKeys.request(id)),
    await redis.redis.xrange(queueKeys.status, '-', '+'),
    await intake.audited(),
  ])
  expect(dump).not.toContain('Planted')
  expect((await intake.audited()).filter(({ action }) => action === 'dead-letter.resolve')).toMatchObject([
    { actor: operator.userId, entity: `Request/${id}`, outcome: 'success', reason: 'error' },
  ])
})

test('of two operators who settle or requeue the same letter at once exactly one does', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  const answers = await Promise.all([
    resolve(id, settled),
    resolve(id, { outcome: 'success', note: 'done by telephone' }),
    intake.post(`/tebra/dead-letters/${id}/requeue`, {}, { as: operator }),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
})

test('a settled letter ages out after the retention that begins with the settling; an open one never does', async () => {
  await intake.close()
  intake = await startIntake({ RETENTION_MS: '1500' })
  const open = await intake.deadLetter(intake.session, 'getProviders')
  const id = await intake.deadLetter(intake.session, 'getProviders')
  await new Promise((done) => setTimeout(done, 1_600))
  expect((await resolve(id, settled)).status).toBe(200)
  expect(await redis.redis.pttl(queueKeys.request(id))).toBeGreaterThan(1_000)
  await until('it has aged out', async () => (await redis.redis.exists(queueKeys.request(id))) === 0)
  expect(await listedIds()).toEqual([open])
})

test('nothing is settled when the audit log is away', async () => {
  const id = await intake.deadLetter(intake.session, 'getProviders')
  await intake.breakAudit()
  expect((await resolve(id, settled)).status).toBe(500)
  expect(await redis.redis.hget(queueKeys.request(id), 'status')).toBe('dead')
})

test.each([{}, { outcome: 'dead', note: 'x' }, { outcome: 'error', note: '  ' }, { ...settled, more: 1 }])(
  'refuses to settle with %j',
  async (body) => {
    const id = await intake.deadLetter(intake.session, 'getProviders')
    expect((await resolve(id, body)).status).toBe(422)
  },
)
