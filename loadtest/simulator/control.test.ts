import { expect, test } from 'vitest'
import { createCounters } from './counters.ts'
import { createCaller, createXml, listXml, testNow } from './test-caller.ts'

const json = async (response: Response | Promise<Response>) => (await response).json()

test('counts every call, write and refusal exactly', async () => {
  const { soap, php, control, state } = createCaller()
  await soap('CreateAppointment', createXml())
  await soap('CreateAppointment', createXml())
  await soap('CreateAppointment', createXml({}, 5))
  await soap('SearchPatients', '')
  await php('health')
  state.limits.configure({ scale: 1 })
  await soap('GetPatients', listXml())
  await soap('GetPatients', listXml())
  expect(await json(control('GET', 'counts'))).toEqual({
    total: 7,
    byOperation: { CreateAppointment: 3, SearchPatients: 1, health: 1, GetPatients: 2 },
    byOutcome: { ok: 4, error: 1, 'fault ActionNotSupported': 1, throttled: 1 },
    writes: {
      total: 2,
      byOperation: { CreateAppointment: 2 },
      byNaturalKey: { '10001 2026-03-11T14:00:00Z 101': 2 },
      byCorrelationId: {},
      keysLeftOff: 0,
    },
    throttled: 1,
    inFlight: 0,
    concurrentMax: 1,
  })
  const calls = await json(control('GET', 'calls'))
  expect(calls.map((call: { sequence: number }) => call.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(await json(control('GET', 'calls?operation=health'))).toMatchObject([
    { form: 'php', at: new Date(testNow).toISOString(), outcome: 'ok' },
  ])
})

test('tells how many calls were under way at once', async () => {
  const waiting: (() => void)[] = []
  const clock = { now: () => testNow, sleep: () => new Promise<void>((resolve) => waiting.push(resolve)) }
  const { soap, state } = createCaller({ clock })
  state.faults.add([{ kind: 'latency', delayMs: 50 }])
  const calls = [1, 2, 3].map(() => soap('GetPractices', listXml()))
  await expect.poll(() => waiting.length).toBe(3)
  expect(state.counters.counts().inFlight).toBe(3)
  for (const resume of waiting) resume()
  await Promise.all(calls)
  expect(state.counters.counts()).toMatchObject({ inFlight: 0, concurrentMax: 3 })
})

test('keeps the last calls only, and the totals of all', () => {
  const counters = createCounters(() => testNow, 3)
  for (let count = 0; count < 5; count++) {
    const call = counters.begin({ form: 'soap', operation: 'GetPatient' })
    counters.settle(call, 'ok')
    counters.end(call)
  }
  expect(counters.calls().map(({ sequence }) => sequence)).toEqual([3, 4, 5])
  expect(counters.counts().total).toBe(5)
})

test('a call that was under way at a reset is no part of what comes after', () => {
  const counters = createCounters(() => testNow)
  const before = counters.begin({ form: 'soap', operation: 'GetPatient' })
  counters.reset()
  counters.settle(before, 'ok')
  counters.end(before)
  expect(counters.counts()).toMatchObject({ total: 0, byOutcome: {}, inFlight: 0 })
})

test('faults are listed with what is left of them, replaced by id, and cleared', async () => {
  const { soap, control } = createCaller()
  const added = await control('POST', 'faults', [
    { kind: 'outage', times: 2, operation: 'GetProviders' },
    { id: 'slow', kind: 'latency', delayMs: 5 },
  ])
  expect(added.status).toBe(201)
  await soap('GetProviders', listXml())
  await control('POST', 'faults', { id: 'slow', kind: 'latency', delayMs: 9 })
  expect(await json(control('GET', 'faults'))).toEqual([
    { id: 'fault-1', kind: 'outage', operation: 'GetProviders', times: 1 },
    { id: 'slow', kind: 'latency', delayMs: 9 },
  ])
  expect((await control('DELETE', 'faults')).status).toBe(204)
  expect(await json(control('GET', 'faults'))).toEqual([])
})

test.each([
  ['faults', { kind: 'nonsense' }],
  ['faults', { kind: 'outage', time: 3 }],
  ['faults', { kind: 'outage', times: 0 }],
  ['faults', { kind: 'outage', form: 'rest' }],
  ['faults', { kind: 'outage', operation: 7 }],
  ['faults', 'outage'],
  ['limits', { scale: -1 }],
  ['limits', { overrides: { GetPatient: 'x' } }],
  ['limits', { overrides: 3 }],
  ['clock', []],
  ['clock', { offsetMs: '1' }],
  ['mode', { empty: 'maybe' }],
])('refuses a control request to %s that means nothing: %j', async (path, body) => {
  const response = await createCaller().control('POST', path, body)
  expect(response.status).toBe(400)
  expect((await response.json()).error).toBeTypeOf('string')
})

test('refuses a control request that is no JSON', async () => {
  const { app } = createCaller()
  expect((await app.request('/control/faults', { method: 'POST', body: '{' })).status).toBe(400)
})

test('reset restores the seed: writes, counters, faults, limits, mode and clock', async () => {
  const { soap, control, state } = createCaller()
  const day = listXml({ EndDate: '3/11/2026', StartDate: '3/11/2026' })
  const before = (await soap('GetAppointments', day)).text
  await soap('CreateAppointment', createXml())
  await control('POST', 'clock', { offsetMs: 86_400_000 })
  await control('POST', 'mode', { empty: 'nil' })
  await control('POST', 'faults', { kind: 'throttled', operation: 'GetPatient' })
  expect((await soap('GetAppointments', day)).text).not.toBe(before)
  expect(await json(control('GET', 'health'))).toMatchObject({
    status: 'ok',
    now: '2026-03-11T13:00:00.000Z',
  })
  expect((await control('POST', 'reset')).status).toBe(204)
  expect(await json(control('GET', 'faults'))).toEqual([])
  expect(await json(control('GET', 'calls'))).toEqual([])
  expect([state.emptyMode, state.limits.settings().scale, state.clock.now()]).toEqual(['mixed', 1, testNow])
  expect((await soap('GetAppointments', day)).text).toBe(before)
})
