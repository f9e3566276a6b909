import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { toldEvents } from '#lib/bus/testing/told-events.ts'
import { EmergencyAccess, EmergencyList } from '#lib/contract/emergency.ts'
import { SessionAnswer } from '#lib/contract/session.ts'
import { readUserPermissions } from '#lib/http/user-permissions.ts'
import { until } from '#lib/processes/wait.ts'
import { type AuthFixture, problemOf, startAuth } from '../testing/auth-fixture.ts'
import { holding, type SessionHolder, sessionHolder } from '../testing/session-holder.ts'
import { endEmergency } from './end-emergency.ts'
import { type Sweep, sweepEmergencies } from './sweep-emergencies.ts'

let auth: AuthFixture
let holder: SessionHolder
let sweeps: Sweep[] = []
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())
beforeEach(async () => {
  holder = await sessionHolder(auth, { roles: ['operator'], aal: 'aal2' })
})
afterEach(async () => {
  await Promise.all(sweeps.map((sweep) => sweep.stop()))
  sweeps = []
  vi.restoreAllMocks()
})

const path = '/auth/emergency-access'
const reason = 'Mr Planted Name collapsed in the waiting room'
const begin = (who = holder) => who.request('POST', path, { reason })
const begun = async (who = holder) => EmergencyAccess.parse(await (await begin(who)).json())
const permissions = async (who = holder) =>
  SessionAnswer.parse(await (await who.request('GET', '/auth/session')).json())
const ofUse = async ({ id }: { id: string }) =>
  (await auth.audited()).filter(({ entity }) => entity === `EmergencyAccess/${id}`)
const alertsOf = async ({ id }: { id: string }) =>
  (await toldEvents(auth.deps, 'north'))
    .filter(({ stream, data }) => stream === 'ops:alerts' && data.entity === `EmergencyAccess/${id}`)
    .map(({ event }) => event)
const sweep = (count = 1) => {
  for (let n = 0; n < count; n += 1) sweeps.push(sweepEmergencies(auth.deps, 20))
}
/** As if its time had run out. */
const runOut = async ({ id }: { id: string }, who = holder) => {
  const past = Date.now() - 1
  await auth.redis.hset(`{p:north}:emergency:${id}`, 'until', past)
  await auth.redis.hset(who.key, 'emergencyUntil', past)
  await auth.redis.hset(`{p:north}:access:${who.user.id}`, 'emergencyUntil', past)
  await auth.redis.zadd('emergencies-due', past, `north/${id}`)
}
const ended = async (use: { id: string }) =>
  (await ofUse(use)).filter(({ action }) => action === 'emergency.end')
const review = async () => {
  const auditor = await sessionHolder(auth, { roles: ['auditor'], aal: 'aal2' })
  return EmergencyList.parse(await (await auditor.request('GET', path)).json())
}

describe('taking it', () => {
  test('adds what the patient at hand needs, here and where requests are worked off, for half an hour', async () => {
    expect(await permissions()).toMatchObject({
      permissions: ['ops:read', 'dead-letters:write', 'events:publish'],
    })
    const answer = await begin()
    expect(answer.status).toBe(201)
    const use = EmergencyAccess.parse(await answer.json())
    const left = Date.parse(use.until) - Date.now()
    expect(left).toBeGreaterThan(29 * 60_000 - 2_000)
    expect(left).toBeLessThanOrEqual(30 * 60_000)
    const wide = [
      'patients:read',
      'appointments:write',
      'flow:write',
      'ops:read',
      'dead-letters:write',
      'events:publish',
    ]
    expect(await permissions()).toMatchObject({ permissions: wide, emergencyUntil: use.until })
    expect(await readUserPermissions(auth.redis, 'north', holder.user.id)).toEqual(wide)
  })

  test('is audited and told at once', async () => {
    const use = await begun()
    expect(await ofUse(use)).toMatchObject([
      { action: 'emergency.start', actor: holder.user.id, outcome: 'success' },
    ])
    expect(await alertsOf(use)).toEqual(['emergency-started'])
    expect(auth.lines.at(-2)).toContain('"alert":"emergency-started"')
  })

  test('widens no other session and no other user', async () => {
    const other = await auth.deps.sessions.open('north', holder.user.id, 'aal2')
    if (!other) throw new Error('no session')
    await begin()
    const narrow = { permissions: ['ops:read', 'dead-letters:write', 'events:publish'] }
    expect(await permissions(holding(auth, holder.user, other))).toMatchObject(narrow)
    expect(await permissions(await sessionHolder(auth, { roles: ['operator'], aal: 'aal2' }))).toMatchObject(
      narrow,
    )
  })

  test('goes on under a new token of the same session', async () => {
    const use = await begun()
    const renewed = await auth.deps.sessions.rotate('north', holder.tokenHash, { aal: 'aal2' })
    if (!renewed) throw new Error('not rotated')
    const young = holding(auth, holder.user, renewed)
    expect(await permissions(young)).toMatchObject({ emergencyUntil: use.until })
    expect((await young.request('DELETE', path)).status).toBe(204)
    expect(await permissions(young)).not.toHaveProperty('emergencyUntil')
  })

  test('needs two factors, a fresh proof and a reason', async () => {
    const weak = await sessionHolder(auth)
    expect(await problemOf(begin(weak))).toMatchObject({
      code: 'step-up-required',
      needs: { aal: 'aal2', freshMs: 300_000 },
    })
    for (const body of [{}, { reason: 'short' }, { reason: ' '.repeat(20) }, { reason: 'x'.repeat(501) }])
      expect(await holder.code('POST', path, body)).toBe('invalid-request')
    await holder.grow(300_001)
    expect((await problemOf(begin())).code).toBe('step-up-required')
    expect(await auth.redis.hget(holder.key, 'emergencyUntil')).toBeNull()
  })

  test('is not taken twice by one session, not even at the same time', async () => {
    const answers = await Promise.all([begin(), begin(), begin()])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(await holder.code('POST', path, { reason })).toBe('emergency-active')
  })

  test('grants nothing where it cannot be audited', async () => {
    vi.spyOn(auth.deps.audit, 'append').mockRejectedValueOnce(new Error('the log is away'))
    expect((await begin()).status).toBe(500)
    expect(await permissions()).not.toHaveProperty('emergencyUntil')
    sweep()
    await until('the sweep found it', async () =>
      (await auth.audited()).some(
        (event) => event.reason === 'not-begun' && event.action === 'emergency.end',
      ),
    )
  })

  test('keeps the reason sealed and out of the audit log and the logs', async () => {
    await begin()
    for (const key of await auth.redis.keys('*emergency:*'))
      expect(Object.values(await auth.redis.hgetall(key)).join()).not.toContain('Planted')
    expect(JSON.stringify(await auth.audited()) + auth.lines.join()).not.toContain('Planted')
  })
})

describe('its end', () => {
  test('comes at once when its holder says so', async () => {
    const use = await begun()
    expect((await holder.request('DELETE', path)).status).toBe(204)
    expect(await permissions()).toMatchObject({
      permissions: ['ops:read', 'dead-letters:write', 'events:publish'],
    })
    expect(await readUserPermissions(auth.redis, 'north', holder.user.id)).not.toContain('patients:read')
    expect(await ended(use)).toMatchObject([{ actor: holder.user.id, reason: 'holder' }])
    expect(await alertsOf(use)).toEqual(['emergency-started', 'emergency-ended'])
    expect(await holder.code('DELETE', path)).toBe('not-found')
    expect((await begin()).status).toBe(201)
  })

  test('comes by time alone, before any sweep', async () => {
    const use = await begun()
    await runOut(use)
    expect(await permissions()).toMatchObject({
      permissions: ['ops:read', 'dead-letters:write', 'events:publish'],
    })
    expect(await readUserPermissions(auth.redis, 'north', holder.user.id)).not.toContain('patients:read')
    expect((await begin()).status).toBe(201)
  })

  test('is audited once, however many instances sweep, and its begin need not have been theirs', async () => {
    const uses = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const one = await sessionHolder(auth, { aal: 'aal2' })
        const use = await begun(one)
        await runOut(use, one)
        return use
      }),
    )
    sweep(5)
    for (const use of uses) await until('its end is audited', async () => (await ended(use)).length > 0)
    await until(
      'nothing is due',
      async () => (await auth.redis.zcount('emergencies-due', '-inf', Date.now())) === 0,
    )
    for (const use of uses) {
      expect(await ended(use)).toMatchObject([{ actor: 'auth-session', reason: 'time-out' }])
      expect(await alertsOf(use)).toEqual(['emergency-started', 'emergency-ended'])
    }
  })

  test('comes with the end of its session', async () => {
    const use = await begun()
    await holder.request('POST', '/auth/logout')
    expect(await readUserPermissions(auth.redis, 'north', holder.user.id)).not.toContain('patients:read')
    sweep()
    await until('its end is audited', async () => (await ended(use)).length > 0)
    expect(await ended(use)).toMatchObject([{ reason: 'session-end' }])
  })

  test('lets open streams look again', async () => {
    await begin()
    const publish = vi.spyOn(auth.deps.redis, 'publish')
    await holder.request('DELETE', path)
    expect(publish).toHaveBeenCalledWith(
      'session-ended',
      JSON.stringify({ practiceId: 'north', userId: holder.user.id }),
    )
  })
})

describe('whoever dies on the way', () => {
  test('after claiming the end: another audits it', async () => {
    const use = await begun()
    await runOut(use)
    const claimed = await auth.deps.emergencies.end({ practiceId: 'north', id: use.id })
    expect(claimed).toMatchObject({ endedBy: 'time-out', again: false })
    await endEmergency(auth.deps, { practiceId: 'north', id: use.id })
    expect(await ended(use), 'the one who claimed it may still be at it').toHaveLength(0)
    await auth.redis.hset(`{p:north}:emergency:${use.id}`, 'leaseUntil', 1)
    await endEmergency(auth.deps, { practiceId: 'north', id: use.id })
    expect(await ended(use)).toHaveLength(1)
  })

  test('after auditing the end: nobody audits it again', async () => {
    const use = { practiceId: 'north', id: (await begun()).id }
    await runOut(use)
    vi.spyOn(auth.deps.emergencies, 'settle').mockRejectedValueOnce(new Error('killed'))
    await expect(endEmergency(auth.deps, use)).rejects.toThrow('killed')
    expect(await ended(use)).toHaveLength(1)
    await auth.redis.hset(`{p:north}:emergency:${use.id}`, 'leaseUntil', 1)
    await endEmergency(auth.deps, use)
    expect(await ended(use)).toHaveLength(1)
    expect(await auth.redis.zscore('emergencies-due', `north/${use.id}`)).toBeNull()
  })

  test('before anything stood: the sweep forgets it', async () => {
    await auth.redis.zadd('emergencies-due', 1, 'north/nothing')
    sweep()
    await until(
      'it is gone',
      async () => (await auth.redis.zscore('emergencies-due', 'north/nothing')) === null,
    )
    expect(await auth.redis.exists('{p:north}:emergency:nothing')).toBe(0)
  })

  test('the sweep goes on after Redis was killed and came back', async () => {
    const use = await begun()
    sweep()
    await auth.crash()
    await runOut(use)
    await until('its end is audited', async () => (await ended(use).catch(() => [])).length > 0)
    expect(await ended(use)).toHaveLength(1)
  })
})

describe('GET /auth/emergency-access', () => {
  test('shows each use with its reason, newest first, to who reads the audit log, and says so there', async () => {
    const [first, second] = [await begun(), await begun(await sessionHolder(auth, { aal: 'aal2' }))]
    await holder.request('DELETE', path)
    const { uses, more } = await review()
    expect(uses.slice(0, 2)).toMatchObject([
      { id: second.id, reason },
      { id: first.id, reason, userId: holder.user.id, endedBy: 'holder' },
    ])
    expect(uses[0]).not.toHaveProperty('endedAt')
    expect(more).toBe(false)
    expect((await auth.audited()).at(-1)).toMatchObject({ action: 'emergency.list' })
  })

  test('pages by the begin', async () => {
    const [first, second] = [await begun(), await begun(await sessionHolder(auth, { aal: 'aal2' }))]
    const auditor = await sessionHolder(auth, { roles: ['auditor'], aal: 'aal2' })
    const older = await auditor.request('GET', `${path}?before=${second.startedAt}`)
    expect(EmergencyList.parse(await older.json()).uses[0]).toMatchObject({ id: first.id })
    expect(await auditor.code('GET', `${path}?before=yesterday`)).toBe('invalid-request')
  })

  test('is refused to others and shows nothing of another practice', async () => {
    const use = await begun()
    expect(await holder.code('GET', path)).toBe('forbidden')
    const stranger = await sessionHolder(auth, { roles: ['auditor'], aal: 'aal2', practiceId: 'south' })
    const { uses } = EmergencyList.parse(await (await stranger.request('GET', path)).json())
    expect(uses.map(({ id }) => id)).not.toContain(use.id)
  })
})
