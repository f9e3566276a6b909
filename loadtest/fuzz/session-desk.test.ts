import { afterAll, expect, test } from 'vitest'
import { openSessionDesk } from './session-desk.ts'

/** Somebody who may sign in so many times. */
const person = (name: string, times: number) => async () => {
  let opened = 0
  return async () => (opened < times ? `${name}-${++opened}` : undefined)
}

const desk = openSessionDesk({
  queue: [person('ann', 2), person('ben', 0), person('cem', 1)],
  other: [person('dan', 9)],
})
afterAll(() => desk.close())

const ask = async (name: string) => {
  const answer = await fetch(desk.url(name), { method: 'POST' })
  return answer.ok ? ((await answer.json()) as { token: string }).token : answer.status
}

test('hands out a new session each time; who may no longer sign in makes room for the next in line', async () => {
  expect([await ask('queue'), await ask('queue'), await ask('queue'), await ask('queue')]).toEqual([
    'ann-1',
    'ann-2',
    'cem-1',
    404,
  ])
  expect([await ask('other'), await ask('other'), await ask('nobody')]).toEqual(['dan-1', 'dan-2', 404])
})
