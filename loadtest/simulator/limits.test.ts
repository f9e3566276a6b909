import { expect, test } from 'vitest'
import { demoAccount } from './accounts.ts'
import { strictnessMs } from './limits.ts'
import { all, createCaller, headerXml, listXml, textIn } from './test-caller.ts'

const other = { customerKey: 'k2', user: 'u2', password: 'p2', practiceIds: [1] }

const limited = () => {
  const caller = createCaller({ accounts: [demoAccount, other] })
  caller.state.limits.configure({ scale: 1 })
  return caller
}

test('a call too soon is refused inside HTTP 200 with the vendor’s words', async () => {
  const { soap, state } = limited()
  await soap('GetPatients', listXml())
  const { status, isError, error, text } = await soap('GetPatients', listXml())
  expect([status, isError, error]).toEqual([
    200,
    'true',
    '429: GetPatients endpoint requested more than allowed over time interval 1000 milliseconds. Please wait to try again.',
  ])
  expect(text).toContain('<Patients i:nil="true"/>')
  expect(state.counters.counts().throttled).toBe(1)
})

test('spacing at exactly the interval still trips; a refused call does not start the wait again', async () => {
  const { soap, advance } = limited()
  await soap('GetPatients', listXml())
  advance(1000)
  expect((await soap('GetPatients', listXml())).isError).toBe('true')
  advance(strictnessMs)
  expect((await soap('GetPatients', listXml())).isError).toBe('false')
})

test('each account and each operation waits for itself alone', async () => {
  const { soap } = limited()
  await soap('GetPatients', listXml())
  expect((await soap('GetProviders', listXml())).isError).toBe('false')
  expect((await soap('GetPatients', `${headerXml(other)}<k:Fields/><k:Filter/>`)).isError).toBe('false')
  expect((await soap('GetPatients', listXml())).isError).toBe('true')
})

test('refused credentials use up nobody’s window', async () => {
  const { soap } = limited()
  await soap('GetPatients', `${headerXml({ ...demoAccount, password: 'x' })}<k:Fields/><k:Filter/>`)
  expect((await soap('GetPatients', listXml())).isError).toBe('false')
})

test('GetThrottles tells the table with what was overridden and scaled', async () => {
  const { soap, state, control } = limited()
  const table = async () => {
    const { xml } = await soap('GetThrottles', headerXml())
    return Object.fromEntries(
      all(xml, 'ThrottleDetail').map((row) => [textIn(row, 'Endpoint'), textIn(row, 'ThrottleTimeMs')]),
    )
  }
  expect(await table()).toMatchObject({
    GetPatient: '250',
    GetAppointment: '500',
    GetPatients: '1000',
    GetThrottles: '5000',
  })
  await control('POST', 'limits', { scale: 0.5, overrides: { GetPatient: 400, GetThrottles: 0 } })
  expect(await table()).toMatchObject({ GetPatient: '200', GetPatients: '500' })
  state.reset()
  expect(state.limits.settings()).toEqual({ scale: 1, overrides: {} })
})
