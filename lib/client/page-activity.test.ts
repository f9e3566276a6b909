import { afterEach, expect, test, vi } from 'vitest'
import { onPageActivity } from './page-activity.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('hears a person’s hand on the page until told to stop', () => {
  const window = new EventTarget()
  vi.stubGlobal('window', window)
  let count = 0
  const stop = onPageActivity(() => count++)
  for (const name of ['pointerdown', 'keydown', 'wheel', 'touchmove', 'load'])
    window.dispatchEvent(new Event(name))
  expect(count).toBe(4)
  stop()
  window.dispatchEvent(new Event('keydown'))
  expect(count).toBe(4)
})

test('outside a page it hears nothing', () => {
  onPageActivity(() => undefined)()
})
