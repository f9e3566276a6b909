import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AuthClient } from './auth-client.ts'
import { Outbox, type OutboxOptions } from './outbox.ts'
import type { OutboxEntry, OutboxStorage } from './outbox-entry.ts'
import { TebraClient } from './tebra-client.ts'
import { FakeEvents } from './testing/fake-events.ts'
import {
  acceptedAnswer,
  type FakeServices,
  lostAnswer,
  problemAnswer,
  startEnvironment,
  startFakeServices,
} from './testing/fake-services.ts'

let services: FakeServices
let environment: ReturnType<typeof startEnvironment>
let signedIn: string | undefined
let isReachable: boolean
const made: Outbox[] = []

beforeEach(() => {
  services = startFakeServices()
  environment = { ...startEnvironment(), random: () => 0 }
  signedIn = 'user-1'
  isReachable = true
  services.on.other = () =>
    signedIn === undefined
      ? problemAnswer('unauthenticated')
      : Response.json({ session: { id: 's' }, user: { id: signedIn }, permissions: [] })
})
afterEach(async () => {
  for (const outbox of made.splice(0)) outbox.close()
  await services.stop()
})

const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 3000, interval: 5 })

/** A network cable in the hands of the test. */
const cable: typeof fetch = Object.assign(
  (...asked: Parameters<typeof fetch>) =>
    isReachable ? fetch(...asked) : Promise.reject(new TypeError('network')),
  { preconnect: () => undefined },
)
function startOutbox(options: Partial<OutboxOptions> = {}): Outbox {
  const send = (url: string, init: RequestInit) => cable(url, init)
  const base = { baseUrl: services.url, fetch: send, environment }
  const outbox = new Outbox({
    client: new TebraClient({ ...base, events: new FakeEvents(), submitPolicy: { triesMax: 1 } }),
    auth: new AuthClient(base),
    owner: 'user-1',
    environment,
    ...options,
  })
  made.push(outbox)
  return outbox
}
function goOffline(): void {
  isReachable = false
  environment.setOnline(false)
}
function comeBack(): void {
  isReachable = true
  environment.setOnline(true)
}
/** Memory that outlives an outbox, as a browser's storage outlives a page. */
function startStorage(): OutboxStorage & { readonly kept: Map<string, OutboxEntry> } {
  const kept = new Map<string, OutboxEntry>()
  return {
    kept,
    list: async () => structuredClone([...kept.values()]),
    put: async (entry) => void kept.set(entry.idempotencyKey, structuredClone(entry)),
    remove: async (key) => void kept.delete(key),
  }
}
const refusal = (of: Promise<unknown>): Promise<{ code: string }> =>
  of.then(
    () => Promise.reject(new Error('it was answered')),
    (error) => error,
  )
const keysSent = () => services.submissions.map(({ key }) => key)
const patient = (patientId: string) => ({ patientId })

test('online it submits at once, with what was wished', async () => {
  const outbox = startOutbox()
  const answer = await outbox.submit('getPatient', patient('1'), { priority: 'bulk', cache: 'prefer' })
  expect(answer.status).toBe('pending')
  expect(services.submissions).toMatchObject([{ action: 'getPatient', priority: 'bulk', cache: 'prefer' }])
  expect(services.submissions[0]?.headers.get('x-background')).toBeNull()
  expect(outbox.entries).toEqual([])
})

test('what was submitted offline goes out once when the network is back, in order', async () => {
  const outbox = startOutbox()
  goOffline()
  const answers = ['a-key-0001', 'a-key-0002', 'a-key-0003'].map((idempotencyKey, at) =>
    outbox.submit('getPatient', patient(String(at)), { idempotencyKey }),
  )
  await until(() => outbox.entries.length === 3)
  await Bun.sleep(30)
  expect(services.submissions).toEqual([])
  comeBack()
  await Promise.all(answers)
  expect(keysSent()).toEqual(['a-key-0001', 'a-key-0002', 'a-key-0003'])
  expect(services.submissions[0]?.headers.get('x-background')).toBe('1')
  expect(outbox.entries).toEqual([])
})

test('one whose answer was lost goes out again under the same key, before those behind it', async () => {
  services.on.submit = ({ correlationId }) =>
    services.submissions.length === 1 ? lostAnswer() : acceptedAnswer(correlationId)
  const outbox = startOutbox()
  const first = outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' })
  const second = outbox.submit('getPatient', patient('2'), { idempotencyKey: 'a-key-0002' })
  await Promise.all([first, second])
  expect(keysSent()).toEqual(['a-key-0001', 'a-key-0001', 'a-key-0002'])
})

test('what is submitted says whose it is, and waits where somebody else has signed in', async () => {
  services.on.submit = ({ correlationId, headers }) =>
    headers.get('x-user') === signedIn ? acceptedAnswer(correlationId) : problemAnswer('unauthenticated')
  const outbox = startOutbox()
  signedIn = 'user-2'
  const answer = outbox.submit('getPatient', patient('1'))
  await until(() => services.submissions.length === 1)
  expect(services.submissions[0]?.headers.get('x-user')).toBe('user-1')
  await until(() => outbox.entries[0]?.wasTried)
  signedIn = 'user-1'
  outbox.flush()
  await until(() => {
    outbox.flush()
    return outbox.entries.length === 0
  })
  expect((await answer).status).toBe('pending')
})

test('a refusal concerns its entry only', async () => {
  services.on.submit = ({ correlationId }) =>
    services.submissions.length === 1 ? problemAnswer('invalid-request') : acceptedAnswer(correlationId)
  const outbox = startOutbox()
  const first = outbox.submit('getPatient', patient('1'))
  const second = outbox.submit('getPatient', patient('2'))
  expect(await refusal(first)).toMatchObject({ code: 'invalid-request' })
  expect(await second).toMatchObject({ status: 'pending' })
})

test('the same key twice is one submission with one answer for both', async () => {
  const outbox = startOutbox()
  goOffline()
  const both = [1, 2].map(() => outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' }))
  comeBack()
  const [one, other] = await Promise.all(both)
  expect(one).toEqual(other)
  expect(services.submissions).toHaveLength(1)
})

test('what was not tried yet can be taken back for certain', async () => {
  const outbox = startOutbox()
  goOffline()
  const first = outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' })
  const second = outbox.submit('getPatient', patient('2'), { idempotencyKey: 'a-key-0002' })
  await until(() => outbox.entries.length === 2)
  const refused = refusal(first)
  expect(outbox.withdraw('a-key-0001')).toBe(true)
  expect(outbox.withdraw('a-key-0001')).toBe(false)
  expect(await refused).toMatchObject({ code: 'withdrawn' })
  comeBack()
  await second
  expect(keysSent()).toEqual(['a-key-0002'])
})

test('one whose try was begun is given up, and it is said that it may have landed', async () => {
  services.on.submit = () => new Promise(() => undefined)
  const outbox = startOutbox()
  const refused = refusal(outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' }))
  await until(() => services.submissions.length === 1)
  expect(outbox.withdraw('a-key-0001')).toBe(false)
  expect(await refused).toMatchObject({ code: 'withdrawn' })
  services.on.submit = ({ correlationId }) => acceptedAnswer(correlationId)
  await outbox.submit('getPatient', patient('2'), { idempotencyKey: 'a-key-0002' })
  expect(keysSent()).toEqual(['a-key-0001', 'a-key-0002'])
})

test('taking back while it is asked who is signed in sends nothing', async () => {
  const outbox = startOutbox()
  goOffline()
  const refused = refusal(outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' }))
  await until(() => outbox.entries.length === 1)
  await Bun.sleep(5)
  services.on.other = () => {
    outbox.clear()
    return Response.json({ session: { id: 's' }, user: { id: 'user-1' }, permissions: [] })
  }
  comeBack()
  expect(await refused).toMatchObject({ code: 'withdrawn' })
  await Bun.sleep(30)
  expect(services.submissions).toEqual([])
})

test('is bounded in count, and says so', async () => {
  const outbox = startOutbox({ entriesMax: 2 })
  goOffline()
  for (const id of ['1', '2']) void outbox.submit('getPatient', patient(id)).catch(() => undefined)
  expect(await refusal(outbox.submit('getPatient', patient('3')))).toMatchObject({
    code: 'outbox-full',
    retryable: true,
  })
})

test('is bounded in age, and says so while still offline', async () => {
  const outbox = startOutbox({ ageMaxMs: 60 })
  goOffline()
  expect(await refusal(outbox.submit('getPatient', patient('1')))).toMatchObject({ code: 'expired' })
  comeBack()
  await outbox.submit('getPatient', patient('2'))
  expect(services.submissions).toHaveLength(1)
})

test('without a session it holds everything until it is told to go on', async () => {
  services.on.submit = () => problemAnswer('unauthenticated')
  const outbox = startOutbox()
  const answer = outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' })
  await until(() => services.submissions.length === 1)
  await Bun.sleep(30)
  expect(outbox.entries).toHaveLength(1)
  services.on.submit = ({ correlationId }) => acceptedAnswer(correlationId)
  outbox.flush()
  await answer
  expect(keysSent()).toEqual(['a-key-0001', 'a-key-0001'])
})

test('never sends under another person’s session, not even when that person submits', async () => {
  const outbox = startOutbox()
  goOffline()
  void outbox.submit('getPatient', patient('1')).catch(() => undefined)
  await until(() => outbox.entries.length === 1)
  await Bun.sleep(5)
  signedIn = 'user-2'
  comeBack()
  void outbox.submit('getPatient', patient('2')).catch(() => undefined)
  await Bun.sleep(50)
  expect(services.submissions).toEqual([])
  signedIn = 'user-1'
  outbox.flush()
  await until(() => services.submissions.length === 2)
})

test('with a storage it goes on after a reload, and says how each one ended', async () => {
  const storage = startStorage()
  goOffline()
  const before = startOutbox({ storage })
  for (const id of ['1', '2'])
    void before.submit('getPatient', patient(id), { idempotencyKey: `a-key-000${id}` }).catch(() => undefined)
  await until(() => storage.kept.size === 2)
  before.close()

  const after = startOutbox({ storage })
  const outcomes: string[] = []
  after.onOutcome(({ entry, answer }) => outcomes.push(`${entry.idempotencyKey} ${answer?.status}`))
  await after.open()
  expect(after.entries.map(({ params }) => params)).toEqual([patient('1'), patient('2')])
  comeBack()
  await until(() => outcomes.length === 2)
  expect(outcomes).toEqual(['a-key-0001 pending', 'a-key-0002 pending'])
  expect(keysSent()).toEqual(['a-key-0001', 'a-key-0002'])
  await until(() => storage.kept.size === 0)
})

test('a page that dies between the try and its answer leaves an entry that is not done twice', async () => {
  const storage = startStorage()
  services.on.submit = () => new Promise(() => undefined)
  const before = startOutbox({ storage })
  void before.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' }).catch(() => undefined)
  await until(() => services.submissions.length === 1)
  before.close()
  expect([...storage.kept.values()]).toMatchObject([{ wasTried: true }])

  services.on.submit = ({ correlationId }) => acceptedAnswer(correlationId)
  const after = startOutbox({ storage })
  await after.open()
  await until(() => services.submissions.length === 2)
  expect(keysSent()).toEqual(['a-key-0001', 'a-key-0001'])
  const [one, other] = services.submissions
  expect(one?.correlationId).toBe(other?.correlationId)
})

test('leaves what another person stored alone, until it is too old', async () => {
  const storage = startStorage()
  const entry = { action: 'getPatient', params: patient('1'), owner: 'user-2', wasTried: false } as const
  await storage.put({ ...entry, idempotencyKey: 'old-0001', addedAt: Date.now() - 10_000 })
  await storage.put({ ...entry, idempotencyKey: 'new-0001', addedAt: Date.now() })
  const outbox = startOutbox({ storage, ageMaxMs: 5000 })
  await outbox.open()
  expect(outbox.entries).toEqual([])
  expect([...storage.kept.keys()]).toEqual(['new-0001'])
})

test('what another tab has sent or taken back meanwhile is not sent', async () => {
  const storage = startStorage()
  goOffline()
  const outbox = startOutbox({ storage })
  const refused = refusal(outbox.submit('getPatient', patient('1'), { idempotencyKey: 'a-key-0001' }))
  await until(() => storage.kept.size === 1)
  await Bun.sleep(5)
  storage.kept.clear()
  comeBack()
  expect(await refused).toMatchObject({ code: 'elsewhere' })
  expect(services.submissions).toEqual([])
})

test('an entry whose storing is slow is not taken for one that another tab has dealt with', async () => {
  const storage = startStorage()
  let store: () => void = () => undefined
  const slow = new Promise<void>((resolve) => {
    store = resolve
  })
  const put: OutboxStorage['put'] = (entry) => slow.then(() => storage.put(entry))
  goOffline()
  const outbox = startOutbox({ storage: { ...storage, put } })
  const answer = outbox.submit('getPatient', patient('1'))
  outbox.flush()
  await until(() => outbox.entries.length === 1)
  await Bun.sleep(5)
  comeBack()
  await until(() => outbox.entries[0]?.wasTried)
  store()
  expect(await answer).toMatchObject({ status: 'pending' })
  await until(() => storage.kept.size === 0)
})

test('a storage that fails is reported and the submission goes out all the same', async () => {
  const broken = () => Promise.reject(new Error('no room'))
  const outbox = startOutbox({ storage: { list: broken, put: broken, remove: broken } })
  goOffline()
  const answer = outbox.submit('getPatient', patient('1'))
  await until(() => outbox.entries.length === 1)
  await Bun.sleep(5)
  comeBack()
  await answer
  expect(environment.reported).toContainEqual(new Error('no room'))
})

test('closed it sends nothing, and opened again it goes on', async () => {
  const outbox = startOutbox()
  goOffline()
  const answer = outbox.submit('getPatient', patient('1'))
  await until(() => outbox.entries.length === 1)
  outbox.close()
  comeBack()
  await Bun.sleep(30)
  expect(services.submissions).toEqual([])
  await outbox.open()
  await answer
})
