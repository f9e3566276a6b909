import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '#lib/processes/free-port.ts'
import { until } from '#lib/processes/wait.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

let echo: Server
let port: number
let received = ''
let proxy: TcpProxy

beforeAll(async () => {
  port = await freePort()
  echo = createServer((socket) =>
    socket
      .on('data', (bytes) => {
        received += String(bytes)
        socket.write(bytes)
      })
      .on('error', () => socket.destroy()),
  )
  await new Promise<void>((resolve) => echo.listen(port, '127.0.0.1', resolve))
})
afterAll(() => {
  echo.close()
})
beforeEach(async () => {
  received = ''
  proxy = await startTcpProxy(port)
})
afterEach(() => proxy.stop())

interface Caller {
  readonly socket: Socket
  readonly heard: () => string
  readonly closed: () => boolean
}

function call(): Caller {
  const socket = connect(proxy.port, '127.0.0.1')
  let heard = ''
  let closed = false
  socket
    .on('data', (bytes) => {
      heard += String(bytes)
    })
    .on('close', () => {
      closed = true
    })
    .on('error', () => socket.destroy())
  return { socket, heard: () => heard, closed: () => closed }
}

test('passes both ways', async () => {
  const caller = call()
  caller.socket.write('hello')
  await until('the echo is heard', () => caller.heard() === 'hello')
})

test('loses replies only, and closes the connection that lost some when the mode changes', async () => {
  const caller = call()
  caller.socket.write('a')
  await until('the first echo', () => caller.heard() === 'a')
  proxy.set('drop-replies')
  caller.socket.write('b')
  await until('the reply is lost', () => proxy.droppedBytes() === 1)
  expect(received).toBe('ab')
  expect(caller.heard()).toBe('a')
  proxy.set('pass')
  await until('the connection is closed', caller.closed)
})

test('holds everything back in a black hole, and lets it pass afterwards', async () => {
  const caller = call()
  caller.socket.write('a')
  await until('the first echo', () => caller.heard() === 'a')
  proxy.set('black-hole')
  caller.socket.write('b')
  const other = call()
  other.socket.write('c')
  await until('the other connection is accepted', () => other.socket.remotePort === proxy.port)
  await expect(until('something passes', () => received !== 'a', 100)).rejects.toThrow()
  expect([caller.closed(), other.closed()]).toEqual([false, false])
  proxy.set('pass')
  await until('all echoes', () => caller.heard() === 'ab' && other.heard() === 'c')
  expect(proxy.passedBytes()).toBe(3)
})

test('closes open connections and refuses new ones when cut', async () => {
  const caller = call()
  caller.socket.write('a')
  await until('the first echo', () => caller.heard() === 'a')
  proxy.set('cut')
  await until('the connection is closed', caller.closed)
  const late = call()
  await until('the late one is closed', late.closed)
})

test('cuts what is open and takes new connections', async () => {
  const caller = call()
  caller.socket.write('a')
  await until('the first echo', () => caller.heard() === 'a')
  proxy.cutOpen()
  await until('the connection is closed', caller.closed)
  const next = call()
  next.socket.write('b')
  await until('the next echo', () => next.heard() === 'b')
})
