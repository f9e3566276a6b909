import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy, type TcpProxy } from '#lib/testing/tcp-proxy.ts'
import { forceBreaker, readBreaker } from './shared-state.ts'
import { call, type Fleet, type Member, startFleet, unwell, well } from './testing/fleet.ts'

let redis: TestRedis
let wire: TcpProxy
let fleet: Fleet

beforeEach(async () => {
  redis = await startTestRedis()
  wire = await startTcpProxy(redis.server().port)
})
afterEach(async () => {
  await fleet.stop()
  await wire.stop()
  await redis.stop()
})

const start = async (options: Parameters<typeof startFleet>[2] = {}) => {
  fleet = await startFleet(redis, 2, { url: `redis://127.0.0.1:${wire.port}`, ...options })
  return fleet.members as [Member, Member]
}
const status = () => readBreaker(redis.redis, 'soap')
const saysAway = () => fleet.lines.filter(({ message }) => message.includes('the own one decides')).length
const away = async () => {
  wire.set('cut')
  await until('both have noticed', () => saysAway() === 2)
}
const back = async () => {
  wire.set('pass')
  const again = () => fleet.lines.filter(({ message }) => message.includes('decides again')).length === 2
  await until('both follow again', again)
}

test('while Redis is away each worker’s own breaker opens, tries and closes by itself', async () => {
  const [first, second] = await start()
  await away()
  await call(first, unwell, 3)
  expect([first.state, second.state]).toEqual(['open', 'closed'])
  expect([first.room(0, 8), second.room(0, 8)]).toEqual([0, 8])
  await until('its trial is due', () => first.room(0, 8) === 1)
  expect(await call(first, well)).toEqual(['none'])
  expect(first.state).toBe('closed')
})

test('what was open for all when Redis went stays open in each until its own trial', async () => {
  const [first, second] = await start({ waitMs: 1_000 })
  for (const member of [first, second]) await call(member, unwell, 3)
  await until('it is open for all', () => first.state === 'open' && second.state === 'open')
  await away()
  expect(await call(second, well)).toEqual(['UpstreamUnavailable'])
  await until('its trial is due', () => second.room(0, 8) === 1)
  await call(second, well)
  expect([first.state, second.state]).toEqual(['open', 'closed'])
})

test('on return the shared state wins over what a worker found alone', async () => {
  const [first, second] = await start({ waitMs: 60_000 })
  await away()
  await call(first, unwell, 3)
  await back()
  expect([first.state, (await status()).reporters]).toEqual(['closed', 0])

  await away()
  await forceBreaker(redis.redis, 'soap', 'open')
  expect(second.state).toBe('closed')
  fleet.lines.length = 0
  await back()
  expect([first.state, second.state]).toEqual(['open', 'open'])
})

test('a probe whose result cannot be written gives the caller its result, and the fleet probes again', async () => {
  const [first, second] = await start({ leaseMs: 300 })
  for (const member of [first, second]) await call(member, unwell, 3)
  const ready = () =>
    [first, second].find((member) => member.room(0, 8) === 1 && member.state === 'half-open')
  await until('somebody may probe', () => ready() !== undefined)
  const answer = await ready()?.call(async () => {
    wire.set('cut')
    return 'answer'
  })
  expect(answer).toBe('answer')
  await until('it is noticed', () => saysAway() > 0)
  wire.set('pass')
  await until('it is probed again', async () => {
    await ready()?.call(well)
    return (await status()).state === 'closed'
  })
})

test('what an operator has forced holds while Redis is away', async () => {
  const [first] = await start()
  await forceBreaker(redis.redis, 'soap', 'open')
  await until('it is open', () => first.state === 'open')
  await away()
  expect([await call(first, well), first.room(0, 8)]).toEqual([['UpstreamUnavailable'], 0])
})

test('a Redis that is killed and comes back finds the breaker as it was', async () => {
  const [first, second] = await start({ waitMs: 60_000, url: redis.url })
  for (const member of [first, second]) await call(member, unwell, 3)
  await until('it is open for all', () => first.state === 'open' && second.state === 'open')
  // appendfsync everysec: what was written a second ago is on disk.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await redis.crash()
  expect((await status()).state).toBe('open')
})

test('a worker that may not publish still opens it for all; the polls tell the others', async () => {
  await redis.redis.acl('SETUSER', 'mute', 'on', '>secret', '~*', '+@all', 'resetchannels')
  fleet = await startFleet(redis, 2, { url: redis.url.replace('//', '//mute:secret@'), waitMs: 60_000 })
  const [first, second] = fleet.members as [Member, Member]
  for (const member of [first, second]) await call(member, unwell, 3)
  await until('both follow', async () => (await status()).state === 'open' && first.state === 'open')
  await forceBreaker(redis.redis, 'soap', 'closed')
  await until('both follow', () => first.state === 'closed' && second.state === 'closed', 1_000)
  expect(fleet.lines.filter(({ message }) => message.includes('polling only'))).toHaveLength(2)
  expect(fleet.lines.filter(({ severity }) => severity === 'ERROR')).toHaveLength(1)
})
