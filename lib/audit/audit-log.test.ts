import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditEvent } from '#lib/contract/audit.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { auditedPractices, auditKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy } from '#lib/testing/tcp-proxy.ts'
import { type AuditLog, createAuditLog, type NewAuditEvent } from './audit-log.ts'
import { verifyAudit } from './verify.ts'

let server: TestRedis
const key = randomBytes(32)
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

let practices = 0
const newPractice = () => `practice-${++practices}`
const event = (practiceId: string, entity = 'Request/1'): NewAuditEvent => ({
  action: 'request.submit',
  actor: 'user-1',
  practiceId,
  entity,
  outcome: 'success',
  requestId: 'request-1',
})
const logOver = (redis: RedisClient, source = 'test'): AuditLog =>
  createAuditLog({ redis, key, source, now: Date.now })

async function entitiesOf(practiceId: string): Promise<string[]> {
  const entries = await server.redis.xrange(auditKeys.log(practiceId), '-', '+')
  return entries.map(([, fields]) => AuditEvent.parse(JSON.parse(fields[3] ?? '')).entity)
}

test('records who did what to which thing, when and from where', async () => {
  const practiceId = newPractice()
  await createAuditLog({ redis: server.redis, key, source: 'stream-sse', now: () => 0 }).append(
    event(practiceId),
  )
  const [entry] = await server.redis.xrange(auditKeys.log(practiceId), '-', '+')
  expect(entry?.[0]).toBe('0-1')
  expect(AuditEvent.parse(JSON.parse(entry?.[1][3] ?? ''))).toMatchObject({
    ...event(practiceId),
    recordedAt: '1970-01-01T00:00:00.000Z',
    source: 'stream-sse',
  })
})

test('writes what is appended in one turn of the event loop in one step', async () => {
  const practiceId = newPractice()
  const log = logOver(server.redis)
  await log.append(event(practiceId))
  await server.redis.config('RESETSTAT')
  await Promise.all(Array.from({ length: 30 }, (_, n) => log.append(event(practiceId, `Request/${n}`))))
  const [, calls] = /cmdstat_evalsha:calls=(\d+)/.exec(await server.redis.info('commandstats')) ?? []
  expect(calls).toBe('1')
  expect(await entitiesOf(practiceId)).toHaveLength(31)
})

test('leaves no gap and loses nothing when three writers append 200 events each at once', async () => {
  const practiceId = newPractice()
  const connections = ['a', 'b', 'c'].map((name) =>
    connectCommands({ url: server.url, name }, { onError: () => {} }),
  )
  await Promise.all(connections.map((redis) => untilReady(redis)))
  const all = connections.flatMap((redis, writer) => {
    const log = logOver(redis)
    return Array.from({ length: 200 }, (_, n) => log.append(event(practiceId, `Request/${writer}-${n}`)))
  })
  await Promise.all(all)
  disconnect(...connections)

  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 600 })
  const ids = (await server.redis.xrange(auditKeys.log(practiceId), '-', '+')).map(([id]) => id)
  expect(ids).toEqual(Array.from({ length: 600 }, (_, n) => `0-${n + 1}`))
  const entities = await entitiesOf(practiceId)
  expect(new Set(entities).size).toBe(600)
  // One writer's events stand in the order in which it appended them.
  const ofFirst = entities.filter((entity) => entity.startsWith('Request/0-'))
  expect(ofFirst).toEqual(Array.from({ length: 200 }, (_, n) => `Request/0-${n}`))
})

test('keeps the chains of practices apart', async () => {
  const [one, two] = [newPractice(), newPractice()]
  const log = logOver(server.redis)
  await Promise.all([log.append(event(one)), log.append(event(two)), log.append(event(two))])
  expect(await verifyAudit(server.redis, key, one)).toEqual({ intact: true, entries: 1 })
  expect(await verifyAudit(server.redis, key, two)).toEqual({ intact: true, entries: 2 })
})

test('verifies a chain longer than one page', async () => {
  const practiceId = newPractice()
  const log = logOver(server.redis)
  await Promise.all(Array.from({ length: 2_000 }, () => log.append(event(practiceId))))
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 2_000 })
})

test('never calls a chain truncated because it grows while it is verified', async () => {
  const practiceId = newPractice()
  const log = logOver(server.redis)
  let writing = true
  let appended = 0
  const writer = (async () => {
    for (; writing; appended += 1) await log.append(event(practiceId))
  })()
  await until('the chain has a start', () => appended > 10)
  for (let look = 0; look < 20; look += 1)
    expect(await verifyAudit(server.redis, key, practiceId)).toMatchObject({ intact: true })
  writing = false
  await writer
})

test('an empty chain is intact', async () => {
  expect(await verifyAudit(server.redis, key, newPractice())).toEqual({ intact: true, entries: 0 })
})

test('does not stand twice when the reply to an append is lost, and says that it is not sure', async () => {
  const practiceId = newPractice()
  const proxy = await startTcpProxy(server.server().port)
  const redis = connectCommands(
    { url: `redis://127.0.0.1:${proxy.port}`, name: 'cut' },
    { onError: () => {} },
  )
  await untilReady(redis)
  const log = logOver(redis)
  await log.append(event(practiceId, 'Request/1'))

  proxy.set('drop-replies')
  const unsure = log.append(event(practiceId, 'Request/2'))
  const refused = expect(unsure).rejects.toThrow()
  await until('the reply is lost', () => proxy.droppedBytes() > 0)
  proxy.set('pass')
  await refused
  expect(await entitiesOf(practiceId)).toEqual(['Request/1', 'Request/2'])

  await untilReady(redis)
  await log.append(event(practiceId, 'Request/3'))
  expect(await entitiesOf(practiceId)).toEqual(['Request/1', 'Request/2', 'Request/3'])
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 3 })
  disconnect(redis)
  await proxy.stop()
})

test('does not stand twice on a connection that sends again by itself', async () => {
  const practiceId = newPractice()
  const proxy = await startTcpProxy(server.server().port)
  const redis = new Redis(`redis://127.0.0.1:${proxy.port}`, {
    maxRetriesPerRequest: null,
    retryStrategy: () => 10,
  })
  redis.on('error', () => {})
  await untilReady(redis)
  const log = logOver(redis)
  await log.append(event(practiceId, 'Request/1'))

  proxy.set('drop-replies')
  const sentTwice = log.append(event(practiceId, 'Request/2'))
  await until('the reply is lost', () => proxy.droppedBytes() > 0)
  proxy.set('pass')
  await sentTwice
  expect(await entitiesOf(practiceId)).toEqual(['Request/1', 'Request/2'])
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 2 })
  disconnect(redis)
  await proxy.stop()
})

test('rejects while Redis is away, and the next append stands after it is back', async () => {
  const practiceId = newPractice()
  const proxy = await startTcpProxy(server.server().port)
  const redis = connectCommands(
    { url: `redis://127.0.0.1:${proxy.port}`, name: 'away' },
    { onError: () => {} },
  )
  await untilReady(redis)
  const log = logOver(redis)
  await log.append(event(practiceId, 'Request/1'))

  proxy.set('cut')
  await until('the connection is lost', () => redis.status !== 'ready')
  const lost = [log.append(event(practiceId, 'Request/2')), log.append(event(practiceId, 'Request/3'))]
  const outcomes = await Promise.allSettled(lost)
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])

  proxy.set('pass')
  await untilReady(redis)
  await log.append(event(practiceId, 'Request/4'))
  expect(await entitiesOf(practiceId)).toEqual(['Request/1', 'Request/4'])
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 2 })
  disconnect(redis)
  await proxy.stop()
})

test('goes on from the chain that another process has grown', async () => {
  const practiceId = newPractice()
  const [one, two] = [logOver(server.redis), logOver(server.redis)]
  for (const log of [one, two, one, two]) await log.append(event(practiceId))
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 4 })
})

test('gives up by rejecting when it is always another writer’s turn', async () => {
  const rival = {
    sadd: async () => 1,
    evalsha: async () => [-1, 7, 'the-mac-of-another'],
  } as unknown as RedisClient
  await expect(logOver(rival).append(event(newPractice()))).rejects.toThrow('too busy')
})

test('gives up by rejecting when other writers are always first', async () => {
  let seq = 0
  const rival = {
    sadd: async () => 1,
    evalsha: async () => [0, ++seq, 'the-mac-of-another'],
  } as unknown as RedisClient
  await expect(logOver(rival).append(event(newPractice()))).rejects.toThrow('too busy')
})

test('twenty writers on one chain all get their turn, and no event is lost or stands twice', async () => {
  const practiceId = newPractice()
  const connections = Array.from({ length: 20 }, (_, n) =>
    connectCommands({ url: server.url, name: `writer-${n}` }, { onError: () => {} }),
  )
  await Promise.all(connections.map((redis) => untilReady(redis)))
  // One after another in each writer, so that nearly every append finds the chain grown by somebody else.
  await Promise.all(
    connections.map(async (redis, writer) => {
      const log = logOver(redis)
      for (let n = 0; n < 20; n += 1) await log.append(event(practiceId, `Request/${writer}-${n}`))
    }),
  )
  disconnect(...connections)
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 400 })
  expect(new Set(await entitiesOf(practiceId)).size).toBe(400)
})

test('a writer that died in its turn holds up the others for a moment only', async () => {
  const practiceId = newPractice()
  const log = logOver(server.redis)
  await log.append(event(practiceId))
  const [seconds = 0] = await server.redis.time()
  await server.redis.hset(auditKeys.head(practiceId), {
    turn: 'the-dead-one',
    turnEnds: Number(seconds) * 1_000 + 1_200,
  })
  await log.append(event(practiceId))
  expect(await verifyAudit(server.redis, key, practiceId)).toEqual({ intact: true, entries: 2 })
})

test('names the practice of every chain, so that none goes without checkpoints', async () => {
  const practiceId = newPractice()
  await logOver(server.redis).append(event(practiceId))
  expect(await server.redis.sismember(auditedPractices, practiceId)).toBe(1)
})

test('tells of each event that stands, with its place in the chain, and of none that does not', async () => {
  const practiceId = newPractice()
  const told: string[] = []
  const log = createAuditLog({
    redis: server.redis,
    key,
    source: 'test',
    now: Date.now,
    onAppended: ({ seq, mac, event }) => told.push(`${seq} ${event.entity} ${mac.length}`),
  })
  await Promise.all([1, 2, 3].map((n) => log.append(event(practiceId, `Request/${n}`))))
  await server.redis.set(auditKeys.log('mute'), 'no stream')
  await expect(log.append(event('mute'))).rejects.toThrow('WRONGTYPE')
  expect(told).toEqual(['1 Request/1 43', '2 Request/2 43', '3 Request/3 43'])
})
