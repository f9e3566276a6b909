import { expect, test } from 'vitest'
import { shareFresh } from './share-fresh.ts'

/** A question whose answers the test gives, one after another. */
function createAsk() {
  const asked: { key: string; answer: (value: number) => void; fail: () => void }[] = []
  const ask = shareFresh(
    (key: string) =>
      new Promise<number>((answer, reject) => {
        asked.push({ key, answer, fail: () => reject(new Error('away')) })
      }),
  )
  return { asked, ask }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('those who ask in the same turn share one answer; another question has its own', async () => {
  const { asked, ask } = createAsk()
  const answers = [ask('a'), ask('a'), ask('b')]
  await turn()
  expect(asked.map(({ key }) => key)).toEqual(['a', 'b'])
  for (const [index, one] of asked.entries()) one.answer(index)
  expect(await Promise.all(answers)).toEqual([0, 0, 1])
})

test('nobody gets an answer that was asked for before they came: the late ones share the next', async () => {
  const { asked, ask } = createAsk()
  const first = ask('a')
  await turn()
  const late = [ask('a'), ask('a')]
  await turn()
  expect(asked).toHaveLength(1)
  asked[0]?.answer(1)
  expect(await first).toBe(1)
  await turn()
  const later = ask('a')
  asked[1]?.answer(2)
  expect(await Promise.all(late)).toEqual([2, 2])
  await turn()
  asked[2]?.answer(3)
  expect([await later, asked.length]).toEqual([3, 3])
})

test('a failure is told to those who shared it, and the next ones ask anew', async () => {
  const { asked, ask } = createAsk()
  const failing = ask('a')
  await turn()
  const next = ask('a')
  asked[0]?.fail()
  await expect(failing).rejects.toThrow('away')
  await turn()
  asked[1]?.answer(5)
  expect(await next).toBe(5)
})
