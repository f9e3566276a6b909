import { expect, it } from 'vitest'
import { lightAnswer } from './light-answer.ts'

it('answers an event stream with the same body, status and headers', () => {
  const body = new ReadableStream()
  const headers = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' }
  const heavy = new Response(body, { status: 200, headers })
  heavy.headers.set('X-Request-Id', 'request-1')
  const light = lightAnswer(heavy)
  expect(light).not.toBe(heavy)
  expect(light.body).toBe(body)
  expect(light.status).toBe(200)
  expect([...light.headers]).toEqual([...heavy.headers])
})

it('leaves every other answer as it is', () => {
  const answers = [Response.json({}), new Response(null, { status: 204 })]
  expect(answers.map(lightAnswer)).toEqual(answers)
})
