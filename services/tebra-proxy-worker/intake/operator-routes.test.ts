import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { documentFaults } from '#lib/http/testing/document-faults.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, startSimulator } from '../testing/proxy.ts'
import { type Intake, startIntake } from '../testing/work-by-hand.ts'

let redis: TestRedis
let simulator: Simulator
let intake: Intake

beforeAll(async () => {
  redis = await startTestRedis()
  simulator = startSimulator()
  intake = await startIntake(redis, simulator)
})
afterAll(async () => {
  await intake.close()
  await simulator.stop()
  await redis.stop()
})

const Operation = z.object({
  summary: z.string(),
  security: z.array(z.unknown()),
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.unknown()) })),
})
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })

const routes: [method: 'get' | 'post', path: string, statuses: string][] = [
  ['get', '/tebra/requests', '200 401 403 422 429 500 503'],
  ['get', '/tebra/requests/{id}', '200 401 404 422 429 500 503'],
  ['post', '/tebra/requests/{id}/cancel', '200 401 403 404 409 415 429 500 503'],
  ['get', '/tebra/alerts', '200 401 403 429 500 503'],
  ['post', '/tebra/accounts/{practice}/resume', '200 401 403 404 415 429 500 503'],
  ['get', '/tebra/dead-letters', '200 401 403 422 429 500 503'],
  ['get', '/tebra/dead-letters/{id}', '200 401 403 404 429 500 503'],
  ['post', '/tebra/dead-letters/requeue', '200 400 401 403 409 413 415 422 429 500 503'],
  ['post', '/tebra/dead-letters/{id}/requeue', '200 400 401 403 404 409 413 415 422 429 500 503'],
  ['post', '/tebra/dead-letters/{id}/resolve', '200 400 401 403 404 409 413 415 422 429 500 503'],
]

test.each(routes)(
  '%s %s is described with its credentials and every problem it answers',
  async (method, path, statuses) => {
    const document = Document.parse(await (await intake.request('/tebra/openapi.json')).json())
    const operation = Operation.parse(document.paths[path]?.[method])
    expect(operation.security).toHaveLength(3)
    expect(Object.keys(operation.responses).sort().join(' ')).toBe(statuses)
    for (const [status, { content }] of Object.entries(operation.responses))
      expect(Object.keys(content)).toEqual([
        status === '200' ? 'application/json' : 'application/problem+json',
      ])
  },
)

test('the document serves who makes a client from it', async () => {
  expect(documentFaults(await (await intake.request('/tebra/openapi.json')).json())).toEqual([])
})

test.each(routes)('%s %s asks for a session before anything else', async (method, path) => {
  const answer = await intake.request(path.replace('{id}', crypto.randomUUID()), {
    method: method.toUpperCase(),
    headers: { Authorization: 'Bearer nobody' },
    ...(method === 'post' && {
      body: '{',
      headers: { Authorization: 'x', 'Content-Type': 'application/json' },
    }),
  })
  expect(answer.status).toBe(401)
})

test.each(routes.filter(([, path]) => path.includes('{id}')))(
  '%s %s finds nothing under an id that is none',
  async (method, path) => {
    const admin = await intake.signIn({ roles: ['admin'] })
    for (const id of ['x', crypto.randomUUID()]) {
      const body = path.endsWith('resolve') ? { outcome: 'error', note: 'x' } : {}
      const answer =
        method === 'post'
          ? await intake.post(path.replace('{id}', id), body, { as: admin })
          : await intake.request(path.replace('{id}', id), { as: admin })
      expect(answer.status).toBe(404)
    }
  },
)
