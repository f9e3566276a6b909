import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { AuditEvent } from '#lib/contract/audit.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import { type AuthFixture, problemOf, startAuth, tokenOf } from '../testing/auth-fixture.ts'
import { codeAt, totpSecret } from '../testing/totp-code.ts'

const Page = z.object({ events: z.array(AuditEvent), cursor: z.string().optional() })

let auth: AuthFixture
let auditor: string
let clerk: string
let auditorId: string
beforeAll(async () => {
  auth = await startAuth()
  ;({ id: auditorId, token: auditor } = await signInAuditor('north'))
  clerk = await tokenOf(auth.login((await auth.user()).email))
})
afterAll(() => auth.stop())

/** Auditors need a second factor before they may read. */
async function signInAuditor(practiceId: string) {
  const { email, id } = await auth.user({ roles: ['auditor'], practiceId, totpSecret })
  const { challengeId = '' } = await problemOf(auth.login(email))
  return { id, token: await tokenOf(auth.mfa(challengeId, codeAt(Date.now()))) }
}

const get = (path: string, token = auditor) =>
  auth.app.request(path, { headers: { Authorization: `Bearer ${token}` } }, { address: '10.0.0.9' })
const search = async (query = '') => Page.parse(await (await get(`/auth/audit${query}`)).json())
const lastEvent = async () => (await auth.audited()).at(-1)

async function append(count: number, more: Partial<AuditEvent> = {}, practiceId = 'north') {
  for (let n = 0; n < count; n += 1)
    await auth.deps.audit.append({
      action: 'request.submit',
      actor: 'user-1',
      practiceId,
      entity: `Request/${n}`,
      outcome: 'success',
      requestId: 'request-1',
      ...more,
    })
}

test.each(['/auth/audit', '/auth/audit/export?format=csv', '/auth/audit/verify'])(
  '%s needs a session and the permission audit:read',
  async (path) => {
    expect((await auth.app.request(path)).status).toBe(401)
    expect((await problemOf(get(path, clerk))).code).toBe('forbidden')
    expect((await get(path)).status).toBe(200)
  },
)

test.each([
  ['/auth/audit', 'audit.search'],
  ['/auth/audit/export?format=csv', 'audit.export'],
  ['/auth/audit/verify', 'audit.verify'],
])('%s stands in the log itself: %s', async (path, action) => {
  await (await get(path)).text()
  expect(await lastEvent()).toMatchObject({
    action,
    actor: auditorId,
    entity: 'Practice/north',
    source: 'auth-session',
    network: 'private',
  })
})

test('nothing is read where reading cannot be audited', async () => {
  const head = auditKeys.head('north')
  const kept = await auth.redis.hgetall(head)
  // Another writer keeps the turn for longer than anyone waits.
  await auth.redis.hset(head, { turn: 'somebody', turnEnds: Date.now() + 60_000 })
  expect((await get('/auth/audit')).status).toBe(500)
  await auth.redis.hset(head, kept)
  await auth.redis.hdel(head, 'turn', 'turnEnds')
})

test('answers the newest first, page by page, each event once', async () => {
  await append(250, { actor: 'pager' })
  const first = await search('?actor=pager')
  const second = await search(`?actor=pager&cursor=${first.cursor}`)
  const third = await search(`?actor=pager&cursor=${second.cursor}`)
  const seen = [first, second, third].flatMap(({ events }) => events.map(({ entity }) => entity))
  expect(seen).toEqual(Array.from({ length: 250 }, (_, n) => `Request/${249 - n}`))
  expect(third.cursor).toBeUndefined()
})

test('finds by actor, action, entity and the type of an entity', async () => {
  await append(1, { actor: 'finder', action: 'session.logout', entity: 'Session/0123456789abcdef' })
  await append(1, { actor: 'finder', action: 'request.cancel', entity: 'Request/7' })
  const entities = async (query: string) => (await search(query)).events.map(({ entity }) => entity)
  expect(await entities('?actor=finder')).toEqual(['Request/7', 'Session/0123456789abcdef'])
  expect(await entities('?actor=finder&action=request.cancel')).toEqual(['Request/7'])
  expect(await entities('?actor=finder&entity=Request/7')).toEqual(['Request/7'])
  expect(await entities('?actor=finder&entity=Session')).toEqual(['Session/0123456789abcdef'])
  expect(await entities('?actor=finder&entity=Sess')).toEqual([])
})

test('finds what was recorded from one instant to before another', async () => {
  const times: string[] = []
  for (let hour = 0; hour < 4; hour += 1) {
    auth.clock.advance(3_600_000)
    times.push(new Date(Date.now() + auth.clock.offsetMs - 1_000).toISOString())
    await append(3, { actor: 'clock', entity: `Request/${hour}` })
  }
  const [, from, to] = times
  const { events, cursor } = await search(`?actor=clock&from=${from}&to=${to}`)
  expect(events.map(({ entity }) => entity)).toEqual(['Request/1', 'Request/1', 'Request/1'])
  expect(cursor).toBeUndefined()
  auth.clock.advance(-4 * 3_600_000)
})

test('never shows the events of another practice', async () => {
  await append(3, { actor: 'stranger' }, 'south')
  expect((await search('?actor=stranger')).events).toEqual([])
  expect(await (await get('/auth/audit/export?format=csv&actor=stranger')).text()).not.toContain('south')
})

test.each(['?cursor=x', '?actor=Jane%20Doe', '?action=nothing.known', '?from=yesterday', '?entity=a/b/c'])(
  'refuses %s with 422',
  async (query) => {
    expect((await get(`/auth/audit${query}`)).status).toBe(422)
  },
)

test('exports CSV by RFC 4180, oldest first', async () => {
  await append(2, { actor: 'exporter', reason: 'first, "second"\nthird' })
  const answer = await get('/auth/audit/export?format=csv&actor=exporter')
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/csv/)
  expect(answer.headers.get('Content-Disposition')).toBe('attachment; filename="audit-north.csv"')
  const text = await answer.text()
  const [head, ...rows] = text.split('\r\n')
  expect(head).toBe('recordedAt,action,outcome,actor,entity,practiceId,source,network,requestId,reason,id')
  expect(rows[0]).toMatch(
    /^\S+Z,request\.submit,success,exporter,Request\/0,north,auth-session,,request-1,"first, ""second""\nthird",/,
  )
  expect(rows[1]).toContain('Request/1')
  expect(rows[2]).toBe('')
})

test.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '＝1', '＠x'])(
  'a spreadsheet runs no formula of an exported %j',
  async (reason) => {
    const actor = `formula-${reason.codePointAt(0)}`
    await append(1, { actor, reason })
    const text = await (await get(`/auth/audit/export?format=csv&actor=${actor}`)).text()
    expect(text).toContain(`'${reason}`)
  },
)

test('exports FHIR R4 AuditEvents, one a line, with DICOM’s codes', async () => {
  await append(1, { actor: 'fhir', action: 'session.login', entity: 'Session/0123456789abcdef' })
  const answer = await get('/auth/audit/export?format=fhir-ndjson&actor=fhir')
  expect(answer.headers.get('Content-Type')).toBe('application/fhir+ndjson')
  const lines = (await answer.text()).split('\n')
  expect(lines.at(-1)).toBe('')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    resourceType: 'AuditEvent',
    type: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110114' },
    subtype: [{ code: '110122' }, { code: 'session.login' }],
    action: 'E',
    outcome: '0',
    agent: [{ who: { identifier: { value: 'fhir' } }, requestor: true }],
    source: { site: 'north', observer: { identifier: { value: 'auth-session' } } },
  })
})

test('a long export is read as it is taken, and what is recorded meanwhile is not in it', async () => {
  await append(1_600, { actor: 'long' })
  const answer = await get('/auth/audit/export?format=fhir-ndjson&actor=long')
  const reader = answer.body?.getReader()
  const first = await reader?.read()
  await append(10, { actor: 'long' })
  const decoder = new TextDecoder()
  let text = decoder.decode(first?.value, { stream: true })
  // One page and no more is there before somebody asks for the next.
  expect(text.split('\n').length).toBeLessThan(600)
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
    text += decoder.decode(part.value, { stream: true })
  expect(text.trim().split('\n')).toHaveLength(1_600)
})

test('a download that nobody takes to its end lets go of Redis', async () => {
  const answer = await get('/auth/audit/export?format=csv')
  await answer.body?.cancel()
  expect((await get('/auth/audit')).status).toBe(200)
})

test('tells that the log is intact, and what was altered where it is not', async () => {
  await append(5, {}, 'west')
  const { token } = await signInAuditor('west')
  const verify = async () => (await get('/auth/audit/verify', token)).json()
  expect(await verify()).toMatchObject({ intact: true })
  await auth.redis.xdel(auditKeys.log('west'), '0-3')
  expect(await verify()).toEqual({ intact: false, seq: 3, finding: 'gap' })
})

test('every event is also a line of the log, with its place in the chain and no secret cut out of it', async () => {
  await append(1, { actor: 'liner', reason: 'why' })
  const lines = auth.lines.map((line) => JSON.parse(line) as { message: string; audit?: { actor: string } })
  const line = lines.find(({ message, audit }) => message === 'audit' && audit?.actor === 'liner')
  expect(line).toMatchObject({ severity: 'INFO', audit: { ...(await lastEvent()), reason: 'why' } })
  expect(line?.audit).toMatchObject({ seq: expect.any(Number), mac: expect.stringMatching(/^[\w-]{43}$/) })
})
