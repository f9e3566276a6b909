import { expect, test } from 'vitest'
import { isTrustworthy, refusePlainHttp } from './trustworthy-url.ts'

test.each([
  ['https://clinic.example', true],
  ['http://clinic.example', false],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:8080', true],
  ['http://localhost', true],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1@evil.example', false],
  ['file:///etc/passwd', false],
  ['not a URL', false],
])('%s is trustworthy: %s', (url, trustworthy) => {
  expect(isTrustworthy(url)).toBe(trustworthy)
})

test('production names every variable that would be spoken to in the clear, and no value', () => {
  const urls = {
    TEBRA_URL: 'http://upstream.example',
    ALERT_WEBHOOK_URL: undefined,
    PUBLIC_ORIGINS: ['https://clinic.example', 'http://clinic.example'],
    GOOD: 'https://upstream.example',
  }
  expect(() => refusePlainHttp('production', urls)).toThrow(/: TEBRA_URL, PUBLIC_ORIGINS$/)
  expect(() => refusePlainHttp('development', urls)).not.toThrow()
})
