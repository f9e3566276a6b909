import { HTTPException } from 'hono/http-exception'
import { expect, test } from 'vitest'
import { Problem, type ProblemCode, problems } from '#lib/contract/problem.ts'
import { problemResponse } from './answer-error.ts'
import { DomainError } from './domain-error.ts'
import { createTinyService } from './testing/tiny-service.ts'

const codes = Object.keys(problems) as ProblemCode[]

/** The answer of a route that throws this. */
async function answerTo(thrown: unknown) {
  const service = createTinyService()
  service.app.get('/throw', () => {
    throw thrown
  })
  const answer = await service.app.request('/throw', { headers: { 'X-Request-Id': 'request-1' } })
  const text = await answer.text()
  return { answer, text, body: Problem.parse(JSON.parse(text)), ...service }
}

test.each(codes)('answers %s as problem details with its urn, title and status', async (code) => {
  const { answer, body } = await answerTo(new DomainError(code))
  const [status, title] = problems[code]
  expect(answer.status).toBe(status)
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
  expect(body).toEqual({ type: `urn:problem:${code}`, title, status, code, requestId: 'request-1' })
})

test.each(codes)('sends Retry-After with %s only when it is a 503', async (code) => {
  const { answer } = await answerTo(new DomainError(code))
  expect(answer.headers.get('Retry-After')).toBe(answer.status === 503 ? '2' : null)
})

test.each(codes)('sends WWW-Authenticate with %s only when it is a 401', async (code) => {
  const { answer } = await answerTo(new DomainError(code))
  expect(answer.headers.get('WWW-Authenticate')).toBe(answer.status === 401 ? 'Bearer' : null)
})

test.each(codes)('says nothing of the cause of %s to the caller', async (code) => {
  const { text, lines } = await answerTo(new DomainError(code, { cause: new Error('secret cause') }))
  expect(text).not.toContain('secret cause')
  expect(lines.join('')).not.toContain('secret cause')
})

test('passes on what is meant for the caller', async () => {
  const answer = problemResponse(
    new DomainError('too-many-requests', {
      detail: 'Try later.',
      errors: [{ path: 'a', message: 'b' }],
      retryAfterSeconds: 30,
      challengeId: 'c',
      methods: ['totp'],
      headers: { RateLimit: 'r=0' },
    }),
    'request-1',
  )
  expect(answer.headers.get('Retry-After')).toBe('30')
  expect(answer.headers.get('RateLimit')).toBe('r=0')
  expect(await answer.json()).toMatchObject({
    detail: 'Try later.',
    errors: [{ path: 'a', message: 'b' }],
    challengeId: 'c',
    methods: ['totp'],
  })
})

test('answers 500 to an unknown error, without its message, and logs its class', async () => {
  const { answer, text, lines, logged } = await answerTo(new TypeError('patient Miller has no id'))
  expect(answer.status).toBe(500)
  expect(text).not.toContain('Miller')
  expect(lines.join('')).not.toContain('Miller')
  const line = logged().find(({ message }) => message === 'request failed')
  expect(line).toMatchObject({
    severity: 'ERROR',
    code: 'internal',
    requestId: 'request-1',
    err: { name: 'TypeError', stack: expect.stringContaining(' at ') },
  })
})

test('answers 503 when Redis is away, and 400 to a body that is not JSON', async () => {
  const away = await answerTo(new Error("Stream isn't writeable and enableOfflineQueue options is false"))
  expect(away.body.code).toBe('redis-unavailable')
  const malformed = await answerTo(new HTTPException(400, { message: 'Malformed JSON in request body' }))
  expect(malformed.body.code).toBe('malformed-body')
  expect(malformed.text).not.toContain('Malformed JSON in')
})

test('logs no error line for what is the caller’s mistake', async () => {
  const { logged } = await answerTo(new DomainError('forbidden'))
  expect(logged().map(({ message }) => message)).toEqual(['request'])
})
