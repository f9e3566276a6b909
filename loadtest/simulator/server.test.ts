import { expect, test } from 'vitest'
import { demoAccount, parseAccounts } from './accounts.ts'
import { createRandom } from './random.ts'
import { instantIn, offsetMinutes, wallTimeIn } from './zone-time.ts'

test('starts on a free port, says which, and ends on SIGTERM', async () => {
  const child = Bun.spawn([process.execPath, `${import.meta.dirname}/server.ts`], {
    env: { ...process.env, PORT: '0', SIMULATOR_SEED: 'elsewhere', SIMULATOR_LIMITS_SCALE: '0' },
    stdout: 'pipe',
  })
  try {
    const { value } = await child.stdout.getReader().read()
    const { listening } = JSON.parse(new TextDecoder().decode(value))
    const health = await fetch(`http://127.0.0.1:${listening}/control/health`)
    expect(await health.json()).toMatchObject({
      status: 'ok',
      seed: 'elsewhere',
      timeZone: 'America/New_York',
    })
    const limits = await fetch(`http://127.0.0.1:${listening}/control/limits`, { method: 'POST', body: '{}' })
    expect(await limits.json()).toMatchObject({ scale: 0 })
  } finally {
    child.kill('SIGTERM')
  }
  expect(await child.exited).toBe(0)
})

test('takes the demo account by default and several from JSON', () => {
  expect(parseAccounts(undefined)).toEqual([demoAccount])
  const account = { customerKey: 'k', user: 'u', password: 'p', practiceIds: [2, 3] }
  expect(parseAccounts(JSON.stringify([account, demoAccount]))).toEqual([account, demoAccount])
})

test.each([
  '{}',
  '[1]',
  '[{"customerKey":"k","user":"u"}]',
  '[{"customerKey":"k","user":"u","password":"p","practiceIds":[0]}]',
  '[{"customerKey":"k","user":"u","password":"p","practiceIds":[]}]',
  '[{"customerKey":"k","user":"u","password":"p","phpApiKey":""}]',
])('refuses accounts that are wrong, without telling a secret: %s', (json) => {
  expect(() => parseAccounts(json)).toThrow(/^SIMULATOR_ACCOUNTS/)
})

test('knows a zone’s offset on both sides of a daylight-saving change', () => {
  const zone = 'America/New_York'
  expect(offsetMinutes(zone, Date.UTC(2026, 2, 8, 6, 59))).toBe(-300)
  expect(offsetMinutes(zone, Date.UTC(2026, 2, 8, 7, 0))).toBe(-240)
  expect(offsetMinutes(zone, Date.UTC(2026, 10, 1, 6, 0))).toBe(-300)
  expect(offsetMinutes('Asia/Kolkata', 0)).toBe(330)
})

test('moves a skipped wall time forward and takes the first of a doubled one', () => {
  const zone = 'America/New_York'
  const skipped = instantIn(zone, { year: 2026, month: 3, day: 8, hour: 2, minute: 30, second: 0 })
  expect(wallTimeIn(zone, skipped)).toMatchObject({ hour: 3, minute: 30 })
  const doubled = instantIn(zone, { year: 2026, month: 11, day: 1, hour: 1, minute: 30, second: 0 })
  expect(new Date(doubled).toISOString()).toBe('2026-11-01T05:30:00.000Z')
})

test('refuses to pick from nothing', () => {
  expect(() => createRandom('x').pick([])).toThrow('nothing to pick from')
})
