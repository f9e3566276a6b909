import { beforeEach, expect, test } from 'vitest'
import { BreakerStatus } from '#lib/contract/health.ts'
import { Problem } from '#lib/contract/problem.ts'
import { until } from '#lib/processes/wait.ts'
import { auditKeys, fleetKeys } from '#lib/redis/keys.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import type { StartedProxy } from '../testing/proxy.ts'

const { redis, simulator, start } = clinicForEachTest()
let proxies: [StartedProxy, StartedProxy]
let operator: TestSession
beforeEach(async () => {
  proxies = await Promise.all([start(), start()])
  operator = await proxies[0].signIn({ roles: ['operator'] })
})

const force = (body: object, as = operator) => proxies[0].post('/tebra/breaker', body, { as })
const shown = async (proxy: StartedProxy) => {
  const status = (await (await proxy.request('/tebra/status', { as: operator })).json()) as {
    breaker: unknown
  }
  return BreakerStatus.parse(status.breaker)
}

test('an operator stops every worker, and lets them go on; what was asked meanwhile ends well', async () => {
  const answer = await force({ state: 'open', reason: 'The vendor announced maintenance' })
  expect(answer.status).toBe(200)
  expect(BreakerStatus.parse(await answer.json())).toMatchObject({ state: 'open', forced: 'open', epoch: 1 })
  for (const proxy of proxies) expect(await shown(proxy)).toMatchObject({ state: 'open', forced: 'open' })
  // Everybody knows within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000))

  const { id } = await proxies[1].submit('getPractices')
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect((await simulator.counts()).byOperation.GetPractices ?? 0).toBe(0)
  expect(await proxies[1].ended(id, 0)).toMatchObject({ attempts: 0 })

  expect((await force({ state: 'automatic', reason: 'It is over' })).status).toBe(200)
  expect(await proxies[1].ended(id)).toMatchObject({ status: 'success', attempts: 1 })
  await until('a probe has closed it', async () => (await shown(proxies[1])).state === 'closed')
  const alerts = await redis.redis.xrange(fleetKeys.alerts, '-', '+')
  expect(alerts.map(([, fields]) => `${fields[1]} ${fields[3]}`)).toEqual([
    'breaker started',
    'breaker ended',
  ])
})

test('it is audited who forced it and why, in the chain of every practice that it concerns', async () => {
  await force({ state: 'closed', reason: 'False alarm' })
  for (const practiceId of ['test-clinic', 'other-clinic']) {
    const [last] = await redis.redis.xrevrange(auditKeys.log(practiceId), '+', '-', 'COUNT', 1)
    const text = String(last?.[1])
    for (const part of [
      'breaker.force',
      operator.userId,
      'Breaker/soap',
      'closed: False alarm (by test-clinic)',
    ])
      expect(text).toContain(part)
  }
})

test('where there is an operating practice, no other practice’s operators may', async () => {
  const proxy = await start({ ROLE: 'intake', OPERATOR_PRACTICE: 'other-clinic' })
  const post = (as: TestSession) => proxy.post('/tebra/breaker', { state: 'closed', reason: 'x' }, { as })
  expect((await post(operator)).status).toBe(403)
  const operating = await proxy.signIn({ roles: ['operator'], practiceId: 'other-clinic' })
  expect((await post(operating)).status).toBe(200)
  await proxy.close()
})

test('who only works at the front desk may not, and a reason must be given', async () => {
  const frontDesk = await proxies[0].signIn({ roles: ['front-desk'] })
  expect((await force({ state: 'open', reason: 'x' }, frontDesk)).status).toBe(403)
  for (const body of [
    { state: 'open' },
    { state: 'open', reason: ' ' },
    { state: 'half-open', reason: 'x' },
  ]) {
    const answer = await force(body)
    expect(answer.status).toBe(422)
    expect(Problem.parse(await answer.json()).code).toBe('invalid-request')
  }
  expect(await shown(proxies[0])).toMatchObject({ state: 'closed', reporters: 0, epoch: 0 })
})
