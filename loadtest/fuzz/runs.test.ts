import { expect, test } from 'vitest'
import { runsFor } from './runs.ts'

const base = 'http://localhost'
const urls = { 'auth-session': 'http://a', 'tebra-proxy-worker': 'http://t', 'stream-sse': 'http://s' }
const sessions = { operator: 'o', administrator: 'a', neighbour: 'n' }
const found = { ended: 'e', dead: ['d1', 'd2', 'd3'], users: ['u1', 'u2'] } as const
const runs = runsFor({ baseUrl: base, urls }, sessions, found)

const operations = {
  auth: ['POST /auth/login', 'PUT /auth/roles', 'DELETE /auth/users/{id}', 'GET /healthz'],
  tebra: ['POST /tebra/requests', 'GET /tebra/dead-letters/{id}', 'GET /readyz'],
  events: ['GET /events', 'POST /events/publish', 'GET /redis-health'],
}

test.each(Object.entries(operations))('no operation of %s is left out of all runs', (name, names) => {
  const ofDocument = runs.filter(({ document }) => document === `${base}/${name}/openapi.json`)
  for (const operation of names) {
    const reached = ofDocument.filter(
      ({ include = '', exclude = '^$' }) =>
        new RegExp(include).test(operation) && !new RegExp(exclude).test(operation),
    )
    expect(reached.length, operation).toBeGreaterThan(0)
  }
})

test('health is asked where the services answer, everything else where the load balancer does', () => {
  for (const { include = '', baseUrl } of runs)
    expect(baseUrl !== undefined).toBe(new RegExp(include).test('GET /healthz') && include !== '')
})
