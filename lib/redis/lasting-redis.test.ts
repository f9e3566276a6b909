import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { connectCommands, disconnect, untilReady } from './connect.ts'

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
