import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyAudit } from '#lib/audit/verify.ts'
import { LoginAnswer } from '#lib/contract/session.ts'
import { createMetrics } from '#lib/observability/metrics.ts'
import { createApp } from '../app.ts'
import { type AuthFixture, origin, password, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'

let auth: AuthFixture
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

describe('a right password', () => {
  test('gives a program a token in the answer and no cookie', async () => {
    const user = await auth.user({ roles: ['clinician', 'operator'] })
    const response = await auth.login(user.email)
    expect(response.status).toBe(200)
    expect(response.headers.get('Set-Cookie')).toBeNull()
    const answer = LoginAnswer.parse(await response.json())
    expect(answer).toMatchObject({
      session: { aal: 'aal1' },
      user: { id: user.id, email: user.email, practiceId: 'north', roles: ['clinician', 'operator'] },
    })
    expect((await auth.session(answer.token ?? '')).status).toBe(200)
  })

  test('gives a browser a __Host- cookie no script can read, and no token', async () => {
    const { email } = await auth.user()
    const response = await auth.post('/auth/login', { email, password }, { Origin: origin })
    expect(response.status).toBe(200)
    expect(await response.json()).not.toHaveProperty('token')
    const cookie = response.headers.get('Set-Cookie') ?? ''
    const [pair, ...attributes] = cookie.split('; ')
    expect(pair).toMatch(/^__Host-session=north\.[A-Za-z0-9_-]{43}$/)
    expect(attributes.sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'])
    const asked = await auth.app.request('/auth/session', { headers: { Cookie: pair ?? '' } })
    expect(asked.status).toBe(200)
  })

  test('is the same in every spelling of the address and every Unicode form of the password', async () => {
    const { email } = await auth.user({ password: 'caf\u00e9 cr\u00e8me' })
    expect((await auth.login(email.toUpperCase(), 'cafe\u0301 cre\u0300me')).status).toBe(200)
  })

  test('ends the session the browser came with', async () => {
    const { email } = await auth.user()
    const old = await tokenOf(auth.login(email))
    const response = await auth.post('/auth/login', { email, password }, { Cookie: `__Host-session=${old}` })
    expect(response.status).toBe(200)
    expect((await auth.session(old)).status).toBe(401)
    const events = await auth.audited()
    expect(events.slice(-2)).toMatchObject([
      { action: 'session.logout', reason: 'replaced-by-sign-in' },
      { action: 'session.login', outcome: 'success' },
    ])
  })
})

describe('a sign-in that is refused', () => {
  test('looks the same for a wrong password, an unknown account and a disabled user', async () => {
    const known = await auth.user()
    const disabled = await auth.user()
    await auth.redis.hset(`{p:north}:access:${disabled.id}`, 'disabled', '1')
    const answers = await Promise.all([
      auth.login(known.email, 'wrong password'),
      auth.login('nobody@clinic.example', 'wrong password'),
      auth.login(disabled.email),
    ])
    const seen = await Promise.all(
      answers.map(async (answer) => ({
        status: answer.status,
        headers: [...answer.headers.keys()],
        body: { ...(await problemOf(answer)), requestId: '' },
      })),
    )
    expect(seen[0]?.body.code).toBe('invalid-credentials')
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).toEqual(seen[0])
  })

  test('hashes once whoever is asked for, so that the time tells nothing', async () => {
    const known = await auth.user()
    const disabled = await auth.user()
    await auth.redis.hset(`{p:north}:access:${disabled.id}`, 'disabled', '1')
    const { passwords } = auth.deps
    const verified: { held: number }[] = []
    const watched = {
      ...passwords,
      async verify(...given: Parameters<typeof passwords.verify>) {
        const verdict = passwords.verify(...given)
        verified.push({ held: passwords.waiting() })
        return verdict
      },
    }
    const app = createApp({
      ...auth.deps,
      metrics: createMetrics('auth-session'),
      passwords: watched,
      touches: () => true,
    })
    const asked = [
      { email: known.email },
      { email: known.email, practiceId: 'north' },
      { email: known.email, practiceId: 'south' },
      { email: 'nobody@clinic.example' },
      { email: disabled.email },
    ]
    for (const who of asked)
      await app.request('/auth/login', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...who, password: 'wrong password' }),
      })
    // Each takes a turn in the hashing queue: there is no way around the work.
    expect(verified).toEqual(asked.map(() => ({ held: 1 })))
  })

  test('is audited with its reason, an unknown account under the practice "unknown"', async () => {
    const known = await auth.user()
    await auth.login(known.email, 'wrong password')
    expect((await auth.audited()).at(-1)).toMatchObject({
      action: 'session.login-failed',
      outcome: 'failure',
      actor: known.id,
      entity: `User/${known.id}`,
      reason: 'wrong-password',
    })
    await auth.login('nobody-at-all@clinic.example')
    const last = (await auth.audited('unknown')).at(-1)
    expect(last).toMatchObject({ actor: 'unknown', reason: 'unknown-account' })
    expect(last?.entity).toMatch(/^Login\/[0-9a-f]{16}$/)
  })

  test.each([
    ['a foreign origin', { Origin: 'https://evil.example' }],
    ['a foreign page without an origin', { 'Sec-Fetch-Site': 'cross-site' }],
    ['our origin from elsewhere', { Origin: origin, 'Sec-Fetch-Site': 'same-site' }],
  ])('comes from %s', async (_, headers) => {
    const { email } = await auth.user()
    const response = await auth.post('/auth/login', { email, password }, headers)
    expect(response.status).toBe(403)
    expect(await problemOf(response)).toMatchObject({ code: 'bad-origin' })
    expect(response.headers.get('Set-Cookie')).toBeNull()
  })
})

describe('the audit log', () => {
  test('is an intact chain after sign-ins, good and bad, made side by side', async () => {
    const { email } = await auth.user({ practiceId: 'chain' })
    const answers = await Promise.all([
      auth.login(email),
      auth.login(email, 'wrong password'),
      auth.login(email),
    ])
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 401])
    const verdict = await verifyAudit(auth.redis, auth.config.AUDIT_KEY, 'chain')
    expect(verdict).toEqual({ intact: true, entries: 4 })
  })

  test('that cannot be written leaves no session behind', async () => {
    const user = await auth.user({ practiceId: 'mute' })
    await auth.redis.set('{audit:mute}:log', 'no stream')
    const response = await auth.login(user.email)
    expect(response.status).toBe(500)
    expect(await problemOf(response)).toMatchObject({ code: 'internal' })
    expect(await auth.redis.keys('{p:mute}:session:*')).toEqual([])
    expect(await auth.redis.zcard(`{p:mute}:sessions:${user.id}`)).toBe(0)
  })
})

test('no more sign-ins wait for hashing than the queue holds', async () => {
  const small = await startAuth({ env: { HASH_CONCURRENCY: '1', HASH_QUEUE_MAX: '1' } })
  try {
    const { email } = await small.user()
    const answers = await Promise.all(Array.from({ length: 8 }, () => small.login(email)))
    const refused = answers.filter((answer) => answer.status === 503)
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThanOrEqual(1)
    expect(refused.length).toBeGreaterThanOrEqual(1)
    for (const answer of refused) {
      expect(await problemOf(answer)).toMatchObject({ code: 'queue-full' })
      expect(answer.headers.get('Retry-After')).toBe('2')
    }
    const metrics = await (await small.app.request('/metrics')).text()
    expect(metrics).toMatch(
      /auth_logins_total\{step="password",outcome="queue-full",service="auth-session"\} \d/,
    )
    expect(metrics).toMatch(/auth_hashing_queue\{service="auth-session"\} 0/)
  } finally {
    await small.stop()
  }
})
