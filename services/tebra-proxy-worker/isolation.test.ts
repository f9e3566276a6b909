import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeOf } from '#lib/crypto/request-place.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, startSimulator } from './testing/proxy.ts'
import { appointment, type Intake, startIntake } from './testing/work-by-hand.ts'

/**
 * Two practices on one Tebra account, in one partition: nothing of one is reachable from the other. Every route is
 * taken from the service's own description, so that a new one is held to the same.
 */
let redis: TestRedis
let simulator: Simulator
let intake: Intake
let owner: TestSession
let stranger: TestSession
beforeAll(async () => {
  redis = await startTestRedis()
  simulator = startSimulator()
  intake = await startIntake(redis, simulator)
  owner = await intake.signIn({ roles: ['front-desk', 'operator'] })
  stranger = await intake.signIn({ roles: ['admin'], practiceId: 'other-clinic' })
})
afterAll(async () => {
  await intake.close()
  await simulator.stop()
  await redis.stop()
})

/** What each route that changes something wants to be told; without it 422 would come before 404. */
const bodies: Readonly<Record<string, unknown>> = {
  '/tebra/requests/{id}/cancel': {},
  '/tebra/dead-letters/{id}/requeue': {},
  '/tebra/dead-letters/{id}/resolve': { outcome: 'error', note: 'settled' },
}

test('every route that names a request answers 404 to another practice, as for one that never was', async () => {
  const pending = await intake.submitAs(owner, 'getProviders')
  const letter = await intake.deadLetter(owner, 'createAppointment', appointment)
  const document = (await (await intake.request('/tebra/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    path.startsWith('/tebra/') && path.includes('{id}')
      ? Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() }))
      : [],
  )
  expect(routes.length).toBeGreaterThanOrEqual(5)
  const before = await redis.redis.hgetall(queueKeys.request(letter))
  for (const { path, method } of routes)
    for (const id of [pending, letter]) {
      const body = method === 'GET' ? {} : { body: JSON.stringify(bodies[path] ?? {}) }
      const answer = await intake.request(path.replace('{id}', id), {
        as: stranger,
        method,
        headers: { 'Content-Type': 'application/json' },
        ...body,
      })
      expect([method, path, answer.status]).toEqual([method, path, 404])
      const never = await intake.request(path.replace('{id}', '01890000-0000-7000-8000-000000000000'), {
        as: stranger,
        method,
        headers: { 'Content-Type': 'application/json' },
        ...body,
      })
      const withoutId = async (response: Response) => ({
        ...((await response.json()) as object),
        requestId: '',
      })
      expect(await withoutId(answer)).toEqual(await withoutId(never))
    }
  expect(await redis.redis.hgetall(queueKeys.request(letter))).toEqual(before)
})

test('lists and bulk steps of another practice hold and change nothing of it', async () => {
  const letter = await intake.deadLetter(owner, 'getProviders')
  for (const path of ['/tebra/requests', '/tebra/dead-letters'])
    expect(await (await intake.request(path, { as: stranger })).text()).not.toContain(letter)
  const bulk = await intake.post('/tebra/dead-letters/requeue', { filter: {} }, { as: stranger })
  expect(await bulk.json()).toMatchObject({ requeued: 0, skipped: 0 })
  expect(await redis.redis.hget(queueKeys.request(letter), 'status')).toBe('dead')
})

test('a page’s cursor of one practice shows the other its own list', async () => {
  for (let n = 0; n < 51; n += 1) await intake.submitAs(owner, 'getProviders')
  const page = (await (await intake.request('/tebra/requests', { as: owner })).json()) as {
    cursor: string
  }
  const own = await intake.submitAs(stranger, 'getProviders')
  const list = await intake.request(`/tebra/requests?cursor=${page.cursor}`, { as: stranger })
  const ids = ((await list.json()) as { requests: { id: string }[] }).requests.map(({ id }) => id)
  expect(ids.every((id) => id === own)).toBe(true)
})

test('the same idempotency key in two practices is two requests', async () => {
  const headers = { 'Idempotency-Key': 'the-same-in-both' }
  const body = { action: 'getProviders', params: {} }
  const [one, two] = await Promise.all(
    [owner, stranger].map(async (as) => {
      const answer = await intake.post('/tebra/requests', body, { as, headers })
      return ((await answer.json()) as { id: string }).id
    }),
  )
  expect(one).not.toBe(two)
})

test('what is sealed for one practice opens for no other, nor in another place of its own', async () => {
  const id = await intake.submitAs(owner, 'getPatient', { patientId: '10001' })
  const sealed = (await redis.redis.hget(queueKeys.request(id), 'params')) ?? ''
  const { cipher } = intake.ground
  expect(JSON.parse(await cipher.decrypt(placeOf('test-clinic', id, 'params'), sealed))).toEqual({
    patientId: '10001',
  })
  for (const place of [
    placeOf('other-clinic', id, 'params'),
    placeOf('test-clinic', id, 'result'),
    placeOf('test-clinic', '01890000-0000-7000-8000-000000000000', 'params'),
  ])
    await expect(cipher.decrypt(place, sealed)).rejects.toThrow()
})

test('no key of the queue that belongs to one practice names the other', async () => {
  const keys = await redis.redis.keys('{tebra}:*')
  const of = (practice: string) => keys.filter((key) => key.includes(`:${practice}`))
  expect(of('test-clinic').length).toBeGreaterThan(3)
  expect(of('test-clinic').filter((key) => of('other-clinic').includes(key))).toEqual([])
})
