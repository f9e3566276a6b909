import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isEnd, type RequestRecord } from '#lib/contract/requests.ts'
import { LoginAnswer } from '#lib/contract/session.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { lavishRates } from '#lib/testing/lavish-rates.ts'
import { type Stack, startStack } from './stack.ts'
import { findLeaks, type Places } from './testing/find-leaks.ts'
import { startQuotingUpstream } from './testing/quoting-upstream.ts'
import { readEverything, recordCommands } from './testing/read-redis.ts'
import { misbehave, signIn } from './testing/stack.ts'

/** Names that stand nowhere else in the world. */
const planted: Record<string, string> = {
  'first name': 'Quillonette',
  'last name': 'Varkshömber',
  'birth date': '1931-08-29',
  'appointment note': 'asked for Dr. Blunkwater, limps since the flood',
  'edited note': 'brought her nephew Ozwaldine along',
  'settling note': 'rang Mrs. Varkelheim, she was not there',
  'wrong e-mail': 'gribbleflap@planted.example',
  'wrong password': 'perambulating-zebrafish-9417',
  'typed query': 'Xylofrundel',
  'new user’s e-mail': 'wuzzlecroft@planted.example',
  'new user’s password': 'marmalade-trombone-5528-gantry',
  'account password': 'demo-password',
}

let folder: string
let stack: Stack
let upstream: Awaited<ReturnType<typeof startQuotingUpstream>>
let redis: RedisClient
let commands: Awaited<ReturnType<typeof recordCommands>>
const logs = new Map<string, string[]>()
const errorBodies: string[] = []
const requestIds: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leak-test-'))
  upstream = await startQuotingUpstream()
  stack = await startStack({
    folder,
    limitsScale: 0,
    env: {
      ...lavishRates,
      LOG_LEVEL: 'debug',
      LEASE_MS: '1000',
      TEBRA_URL: upstream.url,
      BREAKER_FAILURES: '1000',
    },
    onLine: (source, line) => logs.set(source, [...(logs.get(source) ?? []), line]),
  })
  upstream.standBefore(stack.simulatorUrl)
  redis = connectCommands({ url: stack.redisUrl, name: 'leak-test' }, { onError: () => {} })
  await untilReady(redis)
  commands = await recordCommands(stack.redisUrl)
  for (const { email, password, totpSecret, roles } of stack.users) {
    planted[`e-mail of ${roles}`] = email
    planted[`password of ${roles}`] = password
    if (totpSecret !== undefined) planted[`TOTP seed of ${roles}`] = totpSecret
  }
  await useEverything()
}, 120_000)

afterAll(async () => {
  commands?.stop()
  if (redis) disconnect(redis)
  await stack?.stop()
  await upstream?.stop()
  await rm(folder, { recursive: true, force: true })
})

const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
  const answer = await fetch(`${stack.baseUrl}${path}`, init)
  if (answer.status >= 400) errorBodies.push(await answer.clone().text())
  return answer
}
const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

const search = {
  lastName: planted['last name'],
  firstName: planted['first name'],
  dateOfBirth: planted['birth date'],
}
const appointment = (minute: number, notes = planted['appointment note']) => ({
  patientId: '10001',
  providerId: '101',
  locationId: '11',
  start: `2027-02-11T15:${minute}:00.000Z`,
  end: '2027-02-11T16:30:00.000Z',
  notes,
})

/** What a clinic does in a day, well and badly, with the planted names in it. */
async function useEverything(): Promise<void> {
  const desk = await signIn(stack, 'front-desk')
  planted['session token'] = desk.headers.Authorization.replace('Bearer ', '')
  const submit = async (action: string, params: unknown, more: object = {}): Promise<string> => {
    const answer = await call('/tebra/requests', json({ action, params, ...more }, desk.headers))
    const { id } = (await answer.json()) as { id: string }
    requestIds.push(id)
    return id
  }
  const end = async (id: string): Promise<RequestRecord> => {
    let record = await desk.recordOf(id, 30)
    await until('the request has ended', async () => {
      if (!isEnd(record.status)) record = await desk.recordOf(id, 10)
      return isEnd(record.status)
    })
    return record
  }

  // The good ways: a write, a search that is kept in the cache and answered from it, a patient's record.
  expect((await end(await submit('createAppointment', appointment(10)))).status).toBe('success')
  expect((await end(await submit('searchPatients', search, { cache: 'prefer' }))).status).toBe('success')
  await end(await submit('searchPatients', search, { cache: 'prefer' }))
  const patient = await end(await submit('getPatient', { patientId: '10001' }))
  const { firstName, lastName } = patient.data as Record<'firstName' | 'lastName', string>
  planted['full name from upstream'] =
    `${lastName}${firstName}`.length > 8 ? `${firstName} ${lastName}` : lastName

  // Taken back.
  await misbehave(stack, { kind: 'latency', delayMs: 700 })
  await submit('searchPatients', search)
  const taken = await submit('createAppointment', appointment(20), { priority: 'bulk' })
  await call(`/tebra/requests/${taken}/cancel`, json({}, desk.headers))
  await end(taken)
  await misbehave(stack)

  // An upstream that quotes what it was sent, in each of its ways, until requests die of it.
  const dying: string[] = []
  for (const [minute, how] of [
    [30, 'soap-fault'],
    [35, 'error-answer'],
    [40, 'web-page'],
  ] as const) {
    upstream.quote(how)
    const asked = [
      await submit('searchPatients', search),
      await submit('createAppointment', appointment(minute)),
    ]
    const before = upstream.timesQuoted()
    await until('the upstream has quoted', () => upstream.timesQuoted() > before + 1, 20_000)
    dying.push(...asked)
  }
  const ends = await Promise.all(dying.map(end))
  upstream.quote('no')
  const dead = ends.filter(({ status }) => status === 'dead' || status === 'uncertain')
  expect(dead.length).toBeGreaterThan(1)

  // What operators do with those.
  const operator = await signInWithCode()
  const [first, second] = dead
  await call('/tebra/dead-letters', { headers: operator })
  await call(`/tebra/dead-letters/${first?.id}`, { headers: operator })
  const edited = first?.action === 'searchPatients' ? search : appointment(45, planted['edited note'])
  await call(
    `/tebra/dead-letters/${first?.id}/requeue`,
    json({ params: edited, confirm: 'not-applied' }, operator),
  )
  const settled = { outcome: 'not-applied', note: planted['settling note'] }
  await call(`/tebra/dead-letters/${second?.id}/resolve`, json(settled, operator))

  const colleague = { email: planted['new user’s e-mail'], password: planted['new user’s password'] }
  expect((await call('/auth/users', json({ ...colleague, roles: ['front-desk'] }, operator))).status).toBe(
    201,
  )
  expect((await call('/auth/login', json({ ...colleague, delivery: 'bearer' }))).status).toBe(200)

  // The wrong ways.
  const wrong = { email: planted['wrong e-mail'], password: planted['wrong password'] }
  await call('/auth/login', json(wrong))
  await call('/auth/login', json({ ...wrong, email: stack.users[0]?.email }))
  await call('/auth/login', json(`{"email":"${wrong.email}","password":"${wrong.password}"`))
  await call('/auth/login', json({ email: [wrong.email], password: { is: wrong.password } }))
  const typed = encodeURIComponent(planted['typed query'] ?? '')
  await call(`/tebra/requests/${typed}?lastName=${typed}`, { headers: desk.headers })
  await call(`/patients/${typed}`, { headers: desk.headers })
  await call(`/events?streams=${typed}`, { headers: desk.headers })
  await call(`/auth/users?name=${typed}`, {
    headers: { ...desk.headers, 'User-Agent': planted['typed query'] ?? '' },
  })
  await call(
    '/tebra/requests',
    json({ action: 'searchPatients', params: { lastName: [search.lastName] } }, desk.headers),
  )
  await call('/tebra/requests', json({ action: planted['typed query'], params: search }, desk.headers))
  await call(
    '/tebra/requests',
    json(`{"action":"searchPatients","params":{"lastName":"${search.lastName}"`, desk.headers),
  )
  await call(
    '/tebra/requests',
    json({ action: 'searchPatients', params: search }, { Authorization: 'Bearer nobody' }),
  )

  const ticket = (await (await call('/events/tickets', json({}, desk.headers))).json()) as { ticket: string }
  planted['event ticket'] = ticket.ticket
  const stream = await call(`/events?ticket=${ticket.ticket}&streams=tebra:responses`)
  await stream.body?.cancel()
  await call(`/events?ticket=${ticket.ticket}&streams=tebra:responses`)
  await desk.post('/auth/logout')
  await call('/auth/session', { headers: desk.headers })
  desk.events.close()
}

/** The admin, through a wrong code and a right one. */
async function signInWithCode(): Promise<{ Authorization: string }> {
  const admin = stack.users.find(({ roles }) => roles.includes('admin'))
  const { email, password, totpSecret = '' } = admin ?? {}
  // Its answer names the challenge to whom it is meant for, and is nobody else's.
  const asked = await fetch(`${stack.baseUrl}/auth/login`, json({ email, password, delivery: 'bearer' }))
  const { challengeId } = (await asked.json()) as { challengeId: string }
  planted['sign-in challenge'] = challengeId
  await call('/auth/login/mfa', json({ challengeId, totp: '000000', delivery: 'bearer' }))
  const totp = new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate()
  const proof = { challengeId, totp, delivery: 'bearer' }
  const { token = '' } = LoginAnswer.parse(await (await call('/auth/login/mfa', json(proof))).json())
  planted['admin’s token'] = token
  return { Authorization: `Bearer ${token}` }
}

async function filesIn(path: string): Promise<string> {
  const names = await readdir(path, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n')
}

/** Everything the system wrote down anywhere, or said to somebody else. */
async function everyPlace(): Promise<Places> {
  await redis.config('SET', 'rdbcompression', 'no')
  await redis.save()
  const metrics = Object.entries(stack.urls).map(
    async ([service, url]) =>
      [`metrics of ${service}`, await (await fetch(`${url}/metrics`)).text()] as const,
  )
  return new Map([
    ...[...logs].map(([source, lines]) => [`log of ${source}`, lines.join('\n')] as const),
    ...(await Promise.all(metrics)),
    ['error answers', errorBodies.join('\n')],
    ['keys and values', await readEverything(redis)],
    ['commands to Redis', commands.text()],
    ['append-only file and snapshot', await filesIn(join(folder, 'redis'))],
  ])
}

/** The simulator is Tebra: it may know whom it treats. */
const ours = (places: Places): Places =>
  new Map([...places].filter(([place]) => place !== 'log of simulator'))

test('no name, birth date, note, e-mail, password, seed or token is found anywhere', async () => {
  expect(upstream.timesQuoted()).toBeGreaterThan(5)
  expect(errorBodies.length).toBeGreaterThan(10)
  expect(findLeaks(ours(await everyPlace()), planted)).toEqual([])
})

test('no service’s key is found anywhere', async () => {
  const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as Record<string, unknown>
  const keys = Object.fromEntries(
    Object.entries(secrets).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  expect(Object.keys(keys).length).toBeGreaterThan(3)
  const places = ours(await everyPlace())
  expect(findLeaks(places, keys)).toEqual([])
  const raw = Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, Buffer.from(key, 'base64').toString('hex')]),
  )
  expect(findLeaks(places, raw)).toEqual([])
})

test('the same search finds what may be found, in every place', async () => {
  const places = ours(await everyPlace())
  const [requestId = ''] = requestIds
  const found = findLeaks(places, { 'request id': requestId })
  for (const place of [
    'keys and values',
    'commands to Redis',
    'append-only file and snapshot',
    'log of tebra-proxy-worker',
  ])
    expect(found).toContain(`${place}: request id`)
  expect(findLeaks(places, { code: 'invalid-credentials' })).toContain('error answers: code')
  for (const service of Object.keys(stack.urls))
    expect(findLeaks(places, { start: 'process_start_time_seconds' })).toContain(
      `metrics of ${service}: start`,
    )
  for (const service of ['auth-session', 'stream-sse'])
    expect(findLeaks(places, { line: 'listening' })).toContain(`log of ${service}: line`)
})

test('the same search finds a name that somebody did write to Redis, in each of its forms', async () => {
  const name = planted['last name'] ?? ''
  await redis.set('control:plain', JSON.stringify({ name }))
  await redis.hset(
    'control:hash',
    'base64',
    Buffer.from(`xx${planted['typed query']}yy`).toString('base64url'),
  )
  await redis.xadd('control:stream', '*', 'q', `?seed=${encodeURIComponent(planted['settling note'] ?? '')}`)
  await redis.publish('control', planted['wrong password'] ?? '')
  const found = () => everyPlace().then((places) => findLeaks(places, planted))
  const expected = ['last name', 'typed query', 'settling note'].flatMap((leak) =>
    ['keys and values', 'commands to Redis', 'append-only file and snapshot'].map(
      (place) => `${place}: ${leak}`,
    ),
  )
  await until('the recorder has seen it', () => commands.text().includes(planted['wrong password'] ?? ''))
  expect((await found()).sort()).toEqual([...expected, 'commands to Redis: wrong password'].sort())
})
