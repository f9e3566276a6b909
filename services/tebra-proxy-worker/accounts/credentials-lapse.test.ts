import { expect, test } from 'vitest'
import { AlertsAnswer } from '#lib/contract/alerts.ts'
import { TebraStatus } from '#lib/contract/health.ts'
import { SubmitAnswer } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import { auditKeys, queueKeysIn } from '#lib/redis/keys.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { type StartedProxy, testAccount } from '../testing/proxy.ts'
import { appointment } from '../testing/work-by-hand.ts'

const { redis, simulator, start: startWith } = clinicForEachTest()
let operator: TestSession
const keys = queueKeysIn(0)

const accounts = {
  'test-clinic': testAccount,
  'other-clinic': { ...testAccount, customerKey: 'other-key', user: 'user@other.example', password: 'other' },
}
const start = async (env: Record<string, string> = {}): Promise<StartedProxy> => {
  const proxy = await startWith({
    LEASE_MS: '600',
    CREDENTIALS_PROBE_MS: '60000',
    TEBRA_ACCOUNTS: JSON.stringify(accounts),
    ...env,
  })
  operator = await proxy.signIn({ roles: ['operator'] })
  return proxy
}
const lapse = () => simulator.misbehave({ kind: 'authentication-lapse', account: 'key' })
const callsOf = async (customerKey: string) =>
  ((await simulator.control('calls')) as { account?: string }[]).filter(
    (call) => call.account === customerKey,
  ).length
const untilWaiting = (proxy: StartedProxy, id: string) =>
  until('it waits for the account', async () =>
    (await proxy.ended(id, 0)).timeline.some(({ reason }) => reason === 'credentials-refused'),
  )
const alertsTold = async (proxy: StartedProxy) =>
  AlertsAnswer.parse(await (await proxy.request('/tebra/alerts', { as: operator })).json())
    .recent.filter(({ kind }) => kind === 'credentials')
    .map(({ phase, subject }) => `${subject} ${phase}`)
    .reverse()
const statusOf = async (proxy: StartedProxy) =>
  TebraStatus.parse(await (await proxy.request('/tebra/status', { as: operator })).json())

test('an account that is refused is stopped: its requests wait, other practices go on, and it is told of once', async () => {
  const proxy = await start({ CONCURRENCY: '2', PRACTICE_SHARE: '2' })
  await lapse()
  const ids: string[] = []
  for (const patientId of ['10001', '10002', '10003', '10004', '10005', '10006'])
    ids.push((await proxy.submit('getPatient', { patientId })).id)
  await untilWaiting(proxy, ids[0] ?? '')
  await until('the line is held', async () => (await redis.redis.xlen(keys.requests)) === 0)
  const sent = await callsOf('key')
  // What was on its way when the first answer came, and nothing more.
  expect(sent).toBeLessThanOrEqual(3)

  const other = await proxy.signIn({ roles: ['front-desk'], practiceId: 'other-clinic' })
  for (let round = 0; round < 3; round += 1) {
    const answer = await proxy.post('/tebra/requests', { action: 'getProviders' }, { as: other })
    const { id } = SubmitAnswer.parse(await answer.json())
    const ended = await proxy.request(`/tebra/requests/${id}?wait=10`, { as: other })
    expect(await ended.json()).toMatchObject({ status: 'success' })
  }
  await until('it is told', async () => (await alertsTold(proxy)).length > 0)
  expect(await callsOf('key')).toBe(sent)
  expect((await statusOf(proxy)).account).toMatchObject({ stopped: true })
  for (const id of ids) expect(await proxy.ended(id, 0)).toMatchObject({ attempts: 0 })

  await simulator.misbehave()
  const path = '/tebra/accounts/test-clinic/resume'
  expect((await proxy.post(path, {}, { as: operator })).status).toBe(200)
  for (const id of ids) expect(await proxy.ended(id)).toMatchObject({ status: 'success', attempts: 1 })
  await until('its end is told', async () => (await alertsTold(proxy)).length === 2)
  expect(await alertsTold(proxy)).toEqual(['test-clinic started', 'test-clinic ended'])
  expect((await statusOf(proxy)).account).toEqual({ stopped: false })
}, 40_000)

test('one cheap call in ever longer intervals tries the account, of all workers, and resumes it by itself', async () => {
  const desk = await start({ CREDENTIALS_PROBE_MS: '400' })
  await start({ CREDENTIALS_PROBE_MS: '400' })
  await lapse()
  const { id } = await desk.submit('getPatient', { patientId: '10001' })
  await untilWaiting(desk, id)
  const tried = async () => (await simulator.counts()).byOperation.GetProviders ?? 0
  await until('it was tried twice', async () => (await tried()) >= 2)
  const waitMs = Number(await redis.redis.hget(keys.stop('test-clinic'), 'waitMs'))
  expect(waitMs).toBe(400 * 2 ** (await tried()))
  await simulator.misbehave()
  expect(await desk.ended(id, 20)).toMatchObject({ status: 'success', attempts: 1 })
  // The one that was refused, and the one that was answered; the tries are others.
  expect((await simulator.counts()).byOperation.GetPatient).toBe(2)
}, 40_000)

test('a write of which nobody knows is looked for, not sent again, when its account is let in again', async () => {
  const proxy = await start({ BREAKER_FAILURES: '1000' })
  await simulator.misbehave(
    { kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 },
    { kind: 'authentication-lapse', account: 'key', operation: 'GetAppointments' },
  )
  const { id } = await proxy.submit('createAppointment', appointment)
  await untilWaiting(proxy, id)
  await simulator.misbehave()
  await proxy.post('/tebra/accounts/test-clinic/resume', {}, { as: operator })
  expect(await proxy.ended(id)).toMatchObject({ status: 'success', attempts: 1 })
  expect((await simulator.counts()).byOperation.CreateAppointment).toBe(1)
}, 40_000)

test('an operator resumes the own practice’s account only, and it is audited', async () => {
  const proxy = await start({ ROLE: 'intake' })
  const resume = (practice: string, as = operator) =>
    proxy.post(`/tebra/accounts/${practice}/resume`, {}, { as })
  expect((await resume('other-clinic')).status).toBe(404)
  expect((await resume('no-such-clinic')).status).toBe(404)
  expect((await resume('test-clinic', await proxy.signIn({ roles: ['front-desk'] }))).status).toBe(403)
  expect((await resume('test-clinic')).status).toBe(200)
  const [last] = await redis.redis.xrevrange(auditKeys.log('test-clinic'), '+', '-', 'COUNT', 1)
  expect(String(last?.[1])).toContain('account.resume')
})

test('a request that waits for its account can be cancelled', async () => {
  const proxy = await start()
  await lapse()
  const { id } = await proxy.submit('getProviders')
  await untilWaiting(proxy, id)
  expect((await proxy.post(`/tebra/requests/${id}/cancel`, {})).status).toBe(200)
  await simulator.misbehave()
  await proxy.post('/tebra/accounts/test-clinic/resume', {}, { as: operator })
  expect(await proxy.ended((await proxy.submit('getPractices')).id)).toMatchObject({ status: 'success' })
  expect((await proxy.ended(id, 0)).status).toBe('cancelled')
})
