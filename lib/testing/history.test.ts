import { expect, test } from 'vitest'
import type { RequestRecord, RequestStatus } from '#lib/contract/requests.ts'
import { breaches, type Told } from './history.ts'

const at = '2026-01-01T00:00:00.000Z'
const record = (id: string, ...steps: RequestStatus[]): [string, RequestRecord] => [
  id,
  {
    ...{ id, action: 'createAppointment', practiceId: 'p', userId: 'u', correlationId: 'c', attempts: 1 },
    status: steps.at(-1) ?? 'pending',
    submittedAt: at,
    timeline: steps.map((status) => ({ status, at, attempt: 1 })),
  },
]
const accepted = (id: string, naturalKey = `key-${id}`): Told => ({ kind: 'accepted', id, naturalKey })

test('a history in which everything ended once and was written once has no breach', () => {
  const records = new Map([record('a', 'pending', 'processing', 'success'), record('b', 'pending', 'error')])
  const told: Told[] = [accepted('a'), accepted('b'), { kind: 'refused', status: 503, tookMs: 1 }]
  expect(
    breaches(told, {
      records,
      writes: { 'key-a': 1 },
      endsTold: new Map([
        ['a', 1],
        ['b', 1],
      ]),
    }),
  ).toEqual([])
})

test.each([
  ['a lost request', undefined, {}, 'accepted and lost'],
  ['one that never ends', record('a', 'pending', 'processing'), {}, 'has not ended'],
  ['one that ends twice', record('a', 'pending', 'error', 'success'), { 'key-a': 1 }, 'ended 2 times'],
  ['a write made twice', record('a', 'success'), { 'key-a': 2 }, 'written 2 times'],
  ['a success without a write', record('a', 'success'), {}, 'never written'],
  ['a write of nobody, twice', record('a', 'error'), { other: 2 }, 'nobody was told'],
])('finds %s', (_name, entry, writes, breach) => {
  const found = breaches([accepted('a')], { records: new Map(entry ? [entry] : []), writes })
  expect(found).toEqual([expect.stringContaining(breach)])
})

test('finds an end that was told twice, and forgives a second write that is called uncertain', () => {
  const records = new Map([record('a', 'uncertain')])
  const after = { records, writes: { 'key-a': 2 } }
  expect(breaches([accepted('a')], after)).toEqual([])
  const told = breaches([accepted('a')], { ...after, endsTold: new Map([['a', 2]]) })
  expect(told).toEqual(['a: its end was told 2 times'])
})
