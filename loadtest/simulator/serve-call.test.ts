import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { demoAccount } from './accounts.ts'
import { createSimulator, soapPath } from './app.ts'
import { systemClock } from './clock.ts'
import { readXml } from './soap/xml-reader.ts'
import { createXml, envelopeXml, listXml, soapHeaders, textIn } from './test-caller.ts'

const live = createSimulator({
  clock: systemClock,
  seed: 'test',
  accounts: [demoAccount],
  timeZone: 'America/New_York',
})
let server: ReturnType<typeof Bun.serve>

beforeAll(() => {
  server = Bun.serve({ port: 0, idleTimeout: 0, fetch: (request) => live.app.fetch(request) })
})
afterAll(() => server.stop(true))
beforeEach(() => {
  live.state.reset()
  live.state.limits.configure({ scale: 0 })
})

const call = (operation: string, request: string, timeoutMs = 5000) =>
  fetch(`http://localhost:${server.port}${soapPath}`, {
    method: 'POST',
    headers: soapHeaders(operation),
    body: envelopeXml(operation, request),
    signal: AbortSignal.timeout(timeoutMs),
  })

test('a hang accepts the call and never answers', async () => {
  live.state.faults.add([{ kind: 'hang', times: 1 }])
  await expect(call('GetProviders', listXml(), 150)).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(live.state.counters.calls().at(-1)?.outcome).toBe('hung')
  expect((await call('GetProviders', listXml())).status).toBe(200)
})

test('a reset drops the connection without an answer', async () => {
  live.state.faults.add([{ kind: 'reset', times: 1 }])
  await expect(call('GetProviders', listXml())).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(live.state.counters.counts().byOutcome).toEqual({ reset: 1 })
})

test('a slow drip sends the whole answer in small pieces', async () => {
  live.state.faults.add([{ kind: 'slow-drip', bytes: 400, delayMs: 10, times: 1 }])
  const begun = performance.now()
  const response = await call('GetPractices', listXml())
  const xml = readXml(await response.text())
  expect(textIn(xml, 'PracticeName')).toBe('Larkmere Family Clinic')
  expect(performance.now() - begun).toBeGreaterThan(15)
  live.state.faults.add([{ kind: 'slow-drip', bytes: 1, delayMs: 50 }])
  await expect(call('GetPractices', listXml(), 200).then((slow) => slow.text())).rejects.toThrow()
})

test('a huge answer is as large as asked and still well formed', async () => {
  live.state.faults.add([{ kind: 'huge-answer', megabytes: 2 }])
  const text = await (await call('GetPractices', listXml())).text()
  expect(text.length).toBeGreaterThan(2 * 1_048_576)
  expect(readXml(text)?.name).toBe('Envelope')
})

test('a write that times out has been applied, once, and is counted at once', async () => {
  live.state.faults.add([{ kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 }])
  await call('GetPractices', listXml())
  await expect(call('CreateAppointment', createXml(), 150)).rejects.toMatchObject({ name: 'TimeoutError' })
  const { writes, byOutcome } = live.state.counters.counts()
  expect(writes).toMatchObject({ total: 1, byNaturalKey: { '10001 2026-03-11T14:00:00Z 101': 1 } })
  expect(byOutcome).toEqual({ ok: 1, 'written-then-hung': 1 })
  const query = listXml({
    EndDate: '3/11/2026',
    PatientID: '10001',
    StartDate: '3/11/2026',
    TimeZoneOffsetFromGMT: -4,
  })
  const text = await (await call('GetAppointments', query)).text()
  expect(text).toContain('<ID>900000001</ID>')
})

test('a refused write that times out has written nothing', async () => {
  live.state.faults.add([{ kind: 'write-then-time-out', times: 1 }])
  await expect(call('CreateAppointment', createXml({}, 5), 100)).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  expect(live.state.counters.counts().byOutcome).toEqual({ hung: 1 })
})
