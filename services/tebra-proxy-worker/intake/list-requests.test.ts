import { beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { RequestRecord } from '#lib/contract/requests.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { appointment, type Intake } from '../testing/work-by-hand.ts'

const { redis, startIntake } = clinicForEachTest()
let intake: Intake
let operator: TestSession
beforeEach(async () => {
  intake = await startIntake()
  operator = await intake.signIn({ roles: ['operator'] })
})

const Listed = z.object({ requests: z.array(RequestRecord), cursor: z.string().optional() })
const page = async (query = '', as = intake.session) =>
  Listed.parse(await (await intake.request(`/tebra/requests?${query}`, { as })).json())
const idsOf = ({ requests }: z.infer<typeof Listed>) => requests.map(({ id }) => id)

/** Every id that the pages show, in their order; `between` happens after each page. */
async function turnPages(query = '', as = intake.session, between = async () => {}): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const next: z.infer<typeof Listed> = await page(`${query}${cursor && `&cursor=${cursor}`}`, as)
    ids.push(...idsOf(next))
    cursor = next.cursor
    await between()
  }
  return ids
}
const submit = (
  count: number,
  action: 'getProviders' | 'getPractices' = 'getProviders',
  as = intake.session,
) => Promise.all(Array.from({ length: count }, () => intake.submitAs(as, action)))
const historyKey = () => queueKeys.userHistory('test-clinic', intake.session.userId)
const newestFirst = (ids: readonly string[]) => [...ids].sort().reverse()

test('pages show every request once, newest first, though all came in the same millisecond', async () => {
  const ids = await submit(120)
  for (const id of ids) await redis.redis.zadd(historyKey(), 1_800_000_000_000, id)
  expect(await turnPages()).toEqual(newestFirst(ids))
})

test('requests that arrive while pages are turned are not among them and shift nothing', async () => {
  await submit(110)
  const before = await redis.redis.zrevrange(historyKey(), 0, -1)
  expect(await turnPages('', intake.session, async () => void (await submit(7)))).toEqual(before)
})

test('a page goes on where it should when the request that its cursor names has left the history', async () => {
  const ids = newestFirst(await submit(60))
  for (const id of ids) await redis.redis.zadd(historyKey(), 1_800_000_000_000, id)
  const first = await page()
  await redis.redis.zrem(historyKey(), ids[49] ?? '')
  expect(idsOf(await page(`cursor=${first.cursor}`))).toEqual(ids.slice(50))
})

test('a page under a filter is filled by reading on, and ends without a cursor where nothing more matches', async () => {
  const wanted = await submit(51, 'getPractices')
  await submit(140)
  const first = await page('action=getPractices')
  expect(first.requests).toHaveLength(50)
  const second = await page(`action=getPractices&cursor=${first.cursor}`)
  expect(second.requests).toHaveLength(1)
  expect(second.cursor).toBeUndefined()
  expect(new Set([...idsOf(first), ...idsOf(second)])).toEqual(new Set(wanted))
})

test('a page of exactly the last requests names no further one', async () => {
  await submit(50)
  expect(await page()).not.toHaveProperty('cursor')
})

test('one call looks at a thousand entries at most, and its cursor leads on to what is behind them', async () => {
  const [oldest] = await submit(1)
  const gone = Array.from({ length: 2_500 }, () => [Date.now() + 1_000, crypto.randomUUID()]).flat()
  await redis.redis.zadd(historyKey(), ...gone)
  const first = await page()
  expect(first.requests).toEqual([])
  expect(first.cursor).toBeDefined()
  expect(await turnPages()).toEqual([oldest])
})

test('from is included and to is not, by the time of submission', async () => {
  const ids = await submit(3)
  for (const [index, id] of ids.entries()) await redis.redis.zadd(historyKey(), 1_800_000_000_000 + index, id)
  const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString()
  expect(idsOf(await page(`from=${at(1)}&to=${at(2)}`))).toEqual([ids[1]])
  expect(idsOf(await page(`to=${at(1)}`))).toEqual([ids[0]])
  const everything = await page()
  expect(everything.requests).toHaveLength(3)
})

test.each(['1', '', 'x'.repeat(30), `${'A'.repeat(29)}=`, `${'A'.repeat(30)}A`, '-1', '%00', '1;DROP'])(
  'refuses the cursor %j',
  async (cursor) => {
    const answer = await intake.request(`/tebra/requests?cursor=${cursor}`)
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ code: 'invalid-request', errors: [{ path: 'cursor' }] })
  },
)

test('a user sees their own requests only, and may not ask for another’s', async () => {
  const colleague = await intake.signIn({ roles: ['front-desk'] })
  const own = await intake.submitAs(intake.session, 'getProviders')
  const theirs = await intake.submitAs(colleague, 'getProviders')
  expect(idsOf(await page())).toEqual([own])
  expect(idsOf(await page(`userId=${intake.session.userId}`))).toEqual([own])
  const asked = await intake.request(`/tebra/requests?userId=${colleague.userId}`)
  expect(asked.status).toBe(403)
  expect(new Set(idsOf(await page('', operator)))).toEqual(new Set([own, theirs]))
  expect(idsOf(await page(`userId=${colleague.userId}`, operator))).toEqual([theirs])
})

test('another practice’s requests are never listed, not even by the id of their user', async () => {
  const stranger = await intake.signIn({ roles: ['admin'], practiceId: 'other-clinic' })
  await intake.submitAs(stranger, 'getProviders')
  const [own] = await submit(1)
  expect(idsOf(await page('', operator))).toEqual([own])
  expect(idsOf(await page(`userId=${stranger.userId}`, operator))).toEqual([])
  expect(idsOf(await page(`userId=${intake.session.userId}`, stranger))).toEqual([])
})

test('a list carries neither params nor results', async () => {
  const id = await intake.submitAs(intake.session, 'createAppointment', {
    ...appointment,
    notes: 'planted-note',
  })
  const place = placeOf('test-clinic', id, 'result')
  const sealed = await intake.ground.cipher.encrypt(place, JSON.stringify({ notes: 'planted-result' }))
  await intake.endAll({ status: 'success', sealed })
  for (const as of [intake.session, operator]) {
    const text = await (await intake.request('/tebra/requests', { as })).text()
    expect(text).toContain(id)
    expect(text).not.toMatch(/planted|v1\./)
  }
})

test('listing other people’s requests is audited, one’s own is not; without the audit log nothing is shown', async () => {
  await submit(1)
  await page()
  expect((await intake.audited()).map(({ action }) => action)).toEqual(['request.submit'])
  await page('', operator)
  await page(`userId=${intake.session.userId}`, operator)
  expect((await intake.audited()).slice(1)).toMatchObject([
    { action: 'request.list', actor: operator.userId, entity: 'Practice/test-clinic', outcome: 'success' },
    { action: 'request.list', actor: operator.userId, entity: `User/${intake.session.userId}` },
  ])
  await intake.breakAudit()
  expect((await intake.request('/tebra/requests', { as: operator })).status).toBe(500)
  expect((await intake.request('/tebra/requests')).status).toBe(200)
})
