import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { connectCommands, connectSubscriber, disconnect, type RedisClient, untilReady } from './connect.ts'
import type { LastingRedis } from './lasting-redis.ts'
import { isRedisUnavailable } from './unavailable.ts'

let redis: TestRedis
let sentinel: Awaited<ReturnType<typeof startHesitantSentinel>>
beforeAll(async () => {
  redis = await startTestRedis()
  sentinel = await startHesitantSentinel(redis.server().port)
})
afterAll(async () => {
  sentinel.stop()
  await redis.stop()
})

/** As much of a Sentinel as a client asks for, with an answer that can be held back at will. */
async function startHesitantSentinel(primaryPort: number) {
  const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  const listeners = new Set<Socket>()
  const held: (() => void)[] = []
  let holds = false
  const answer = (socket: Socket, [name = '', what = '']: string[]): void => {
    const primary = () => socket.write(`*2\r\n${bulk('127.0.0.1')}${bulk(String(primaryPort))}`)
    if (name === 'subscribe') {
      listeners.add(socket)
      socket.write(`*3\r\n${bulk('subscribe')}${bulk(what)}:1\r\n`)
    } else if (name !== 'sentinel')
      socket.write(name === 'hello' ? "-ERR unknown command 'HELLO'\r\n" : '+OK\r\n')
    else if (what !== 'get-master-addr-by-name') socket.write('*0\r\n')
    else if (holds) held.push(primary)
    else primary()
  }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      for (const command of bytes
        .toString()
        .split(/^\*\d+\r\n/m)
        .filter(Boolean))
        answer(
          socket,
          command
            .toLowerCase()
            .split(/\r?\n?\$\d+\r\n|\r\n/)
            .filter(Boolean),
        )
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    isHeard: () => listeners.size > 0,
    isAsked: () => held.length > 0,
    hold() {
      holds = true
    },
    announceFailover() {
      for (const socket of listeners)
        socket.write(`*3\r\n${bulk('message')}${bulk('+switch-master')}${bulk('queue')}`)
    },
    release() {
      holds = false
      for (const go of held.splice(0)) go()
    },
    stop: () => server.close(),
  }
}

test('a connection comes back although a failover is announced while it asks for the primary', async () => {
  const asking = connectCommands(
    { url: `redis://127.0.0.1:${sentinel.port}`, topology: 'sentinel', sentinelName: 'queue', name: 'asks' },
    { onError: () => {} },
  )
  await untilReady(asking)
  await until('it listens for failovers', sentinel.isHeard)
  sentinel.hold()
  await redis.redis.call('CLIENT', 'KILL', 'TYPE', 'normal')
  await until('it asks for the primary', sentinel.isAsked)
  sentinel.announceFailover()
  await new Promise((resolve) => setImmediate(resolve))
  sentinel.release()
  await until('commands go through', () => asking.ping().then(Boolean, () => false))

  disconnect(asking)
  await until('it has ended', () => asking.status === 'end')
  await expect(asking.ping()).rejects.toThrow('closed')
})

const open = async (port = redis.server().port) => {
  const connection = connectCommands(
    { url: `redis://127.0.0.1:${port}`, name: 'sends' },
    { onError: () => {} },
  )
  await untilReady(connection)
  return connection as LastingRedis
}

test('commands of one turn travel together', async () => {
  const packets: number[] = []
  const server = createServer((from) => {
    const to = connect(redis.server().port, '127.0.0.1')
    for (const socket of [from, to]) socket.on('error', () => {})
    from.on('data', (bytes) => packets.push(bytes.length))
    from.pipe(to).pipe(from)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const sends = await open((server.address() as AddressInfo).port)
  packets.length = 0
  expect(await Promise.all(Array.from({ length: 50 }, () => sends.incr('together')))).toHaveLength(50)
  expect(packets).toHaveLength(1)
  disconnect(sends)
  server.close()
})

test('commands, pipelines and transactions of one turn are run in their order, and each gets its own reply', async () => {
  const sends = await open()
  const replies = await Promise.all([
    sends.rpush('order', 'a'),
    sends.pipeline().rpush('order', 'b').rpush('order', 'c').exec(),
    sends.rpush('order', 'd'),
    sends.multi().rpush('order', 'e').lrange('order', 0, -1).exec(),
    sends.lrange('order', 0, -1),
  ])
  const all = ['a', 'b', 'c', 'd', 'e']
  expect(replies).toEqual([
    1,
    [
      [null, 2],
      [null, 3],
    ],
    4,
    [
      [null, 5],
      [null, all],
    ],
    all,
  ])
  disconnect(sends)
})

test('what was not written yet when the connection broke fails, is not run, and is not sent afterwards', async () => {
  const sends = await open()
  const lost = sends.incr('unwritten')
  sends.stream.destroy()
  expect(isRedisUnavailable(await lost.catch((error: unknown) => error))).toBe(true)
  await untilReady(sends)
  expect(await sends.get('unwritten')).toBeNull()
  disconnect(sends)
})

test('what was asked for before the connection is told to end is still written', async () => {
  const sends = await open()
  const last = sends.incr('last')
  const bye = sends.quit()
  expect([await last, await bye]).toEqual([1, 'OK'])
})

test('a subscription that is refused or cut after a reconnect is told of, and ends no process', async () => {
  const [told, unhandled]: [string[], unknown[]] = [[], []]
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  await redis.redis.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '&*')
  const subscriber = connectSubscriber(
    { url: redis.url.replace('//', '//reader:secret@'), name: 'reader' },
    { onError: ({ message }) => told.push(message) },
  )
  await untilReady(subscriber)
  await subscriber.subscribe('news')
  await redis.redis.acl('SETUSER', 'reader', 'resetchannels')
  await redis.redis.client('KILL', 'USER', 'reader')
  await until('it was refused', () => told.some((message) => message.startsWith('NOPERM')))

  await redis.redis.acl('SETUSER', 'reader', '&*')
  await redis.redis.client('KILL', 'USER', 'reader')
  await nextReady(subscriber)
  disconnect(subscriber)
  await new Promise((resolve) => setTimeout(resolve, 50))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

const nextReady = (connection: RedisClient) => new Promise<void>((ready) => connection.once('ready', ready))
