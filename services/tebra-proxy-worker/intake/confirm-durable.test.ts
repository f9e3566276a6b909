import { afterEach, expect, test } from 'vitest'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createConfirmDurable } from './confirm-durable.ts'

const servers: TestRedis[] = []
const start = async (settings: Record<string, string> = {}) => {
  const server = await startTestRedis(settings)
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

test('with a replica the write is confirmed once the replica has it, without one it is not', async () => {
  const primary = await start()
  const confirm = await createConfirmDurable(primary.redis, 'replica')
  await primary.redis.hset(queueKeys.request('one'), 'status', 'pending')
  await expect(confirm(queueKeys.request('one'))).rejects.toMatchObject({ code: 'not-durable' })

  const replica = await start({
    replicaof: `127.0.0.1 ${primary.server().port}`,
    'repl-diskless-sync-delay': '0',
  })
  await expect
    .poll(
      () =>
        confirm(queueKeys.request('one')).then(
          () => 'confirmed',
          () => 'not',
        ),
      { timeout: 15_000 },
    )
    .toBe('confirmed')
  expect(await replica.redis.hget(queueKeys.request('one'), 'status')).toBe('pending')
  await expect(confirm('one', 'lost-in-a-failover')).rejects.toMatchObject({ code: 'not-durable' })
}, 30_000)

test('the append-only file is relied on only where each write is on disk before its answer', async () => {
  const always = await start({ appendfsync: 'always' })
  await (await createConfirmDurable(always.redis, 'aof'))(queueKeys.request('one'))
  const everySecond = await start()
  const waitsForIt = await everySecond.redis.call('COMMAND', 'INFO', 'WAITAOF')
  const known = Array.isArray(waitsForIt) && waitsForIt[0] !== null
  await everySecond.redis.hset(queueKeys.request('one'), 'status', 'pending')
  if (known) await (await createConfirmDurable(everySecond.redis, 'aof'))(queueKeys.request('one'))
  else await expect(createConfirmDurable(everySecond.redis, 'aof')).rejects.toThrow('appendfsync always')
})

test('memory promises nothing more and asks nothing', async () => {
  const server = await start()
  const confirm = await createConfirmDurable(server.redis, 'memory')
  await server.server().child.end('SIGKILL')
  await confirm(queueKeys.request('one'))
})
