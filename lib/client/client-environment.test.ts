import { afterEach, expect, test, vi } from 'vitest'
import { browserEnvironment } from './client-environment.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('hears of the network and the tab, until told to stop', () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const window = new EventTarget()
  vi.stubGlobal('document', page)
  vi.stubGlobal('window', window)
  vi.stubGlobal('navigator', { onLine: false })
  const environment = browserEnvironment()
  let changes = 0
  const stop = environment.onChange(() => changes++)
  expect([environment.isOnline(), environment.isVisible()]).toEqual([false, true])
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  for (const name of ['online', 'offline', 'pageshow']) window.dispatchEvent(new Event(name))
  expect([changes, environment.isVisible()]).toEqual([4, false])
  stop()
  page.dispatchEvent(new Event('visibilitychange'))
  expect(changes).toBe(4)
})

test('outside a page it is always online and seen', async () => {
  const environment = browserEnvironment()
  environment.onChange(() => undefined)()
  expect([environment.isOnline(), environment.isVisible()]).toEqual([true, true])
  expect(environment.random()).toBeLessThan(1)
  expect(environment.now()).toBeCloseTo(Date.now(), -3)
})

test('calls back once after the time, and not at all when cancelled', async () => {
  const environment = browserEnvironment()
  const cancel = environment.after(1, () => {
    throw new Error('was cancelled')
  })
  cancel()
  await new Promise<void>((resolve) => environment.after(5, resolve))
})

test('hands the error of a listener to the page', () => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  browserEnvironment().report('mine')
  expect(reported).toEqual(['mine'])
})
