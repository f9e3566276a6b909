import { expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import { needsSession, problemResponses } from './openapi.ts'

test('documents each status as problem details, and that whoever needs a session has a share of requests', () => {
  const responses = problemResponses(401, 503)
  expect(Object.keys(responses)).toEqual(['401', '429', '503'])
  expect(Object.keys(problemResponses(404))).toEqual(['404'])
  expect(responses[401].content['application/problem+json'].schema).toBe(Problem)
})

test('documents that either credential will do', () => {
  expect(needsSession).toEqual([{ session: [] }, { cookie: [] }])
})
