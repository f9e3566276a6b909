import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import { redisTime } from '#lib/redis/redis-time.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { UpstreamError } from '../upstream/upstream-error.ts'
import { createSharedState, forceBreaker, readBreaker } from './shared-state.ts'
import { call, type Fleet, failWith, held, type Member, startFleet, unwell, well } from './testing/fleet.ts'

let redis: TestRedis
let fleet: Fleet

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.redis.flushall())
afterEach(() => fleet.stop())

const start = async (
  ...how: Parameters<typeof startFleet> extends [unknown, ...infer Rest] ? Rest : never
) => {
  fleet = await startFleet(redis, ...how)
  return fleet.members as [Member, Member, Member]
}
const status = () => readBreaker(redis.redis, 'soap')
const states = () => fleet.members.map(({ state }) => state)
const allAre = (state: string) => () => states().every((at) => at === state)
const isProber = (member: Member) => member.room(0, 8) === 1
/** Asks every loop's question until somebody holds the probe. */
const untilSomebodyProbes = async (among: readonly Member[]): Promise<Member> => {
  await until('somebody may probe', () => among.filter(isProber).length > 0, 3_000)
  const [prober] = among.filter(isProber)
  if (!prober) throw new Error('nobody may probe')
  return prober
}
const openForAll = async (): Promise<void> => {
  for (const member of fleet.members.slice(0, 2)) await call(member, unwell, 3)
  await until('it is open for all', async () => (await status()).state === 'open' && allAre('open')(), 1_000)
}
const severalPolls = () => new Promise((resolve) => setTimeout(resolve, 250))
const timedOut = new UpstreamError('timed-out', { operation: 'GetPatient' })

test('one failing worker of two stops itself and not the other; when the second fails it opens for all', async () => {
  const [first, second] = await start(2, { waitMs: 60_000 })
  await call(first, unwell, 3)
  await until('it has reported', async () => (await status()).reporters === 1)
  await severalPolls()
  expect(states()).toEqual(['open', 'closed'])
  expect([first.room(0, 8), second.room(0, 8)]).toEqual([0, 8])
  expect((await status()).state).toBe('closed')
  expect(await call(second, well)).toEqual(['none'])

  await call(second, unwell, 3)
  await until('it is open for all', async () => (await status()).state === 'open', 1_000)
})

test('a worker that is well again takes its report back, and one that dies soon counts no more', async () => {
  const [first, second] = await start(3)
  await call(first, unwell, 3)
  await until('it has reported', async () => (await status()).reporters === 1)
  await until('its own trial is due', () => isProber(first))
  await call(first, well)
  await until('the report is gone', async () => (await status()).reporters === 0)

  await call(second, unwell, 3)
  await until('it has reported', async () => (await status()).reporters === 1)
  second.kill()
  await until('the report is gone', async () => (await status()).reporters === 0, 1_000)
})

test('the only live worker opens it alone', async () => {
  const [only] = await start(1)
  await call(only, unwell, 3)
  await until('it is open', async () => (await status()).state === 'open', 1_000)
})

test('everybody learns within a second that it is open, and refuses without calling', async () => {
  await start(10, { pollMs: 500, waitMs: 60_000 })
  await openForAll()
  const run = vi.fn(well)
  for (const member of fleet.members) {
    expect(await call(member, run)).toEqual(['UpstreamUnavailable'])
    expect(member.room(0, 8)).toBe(0)
  }
  expect(run).not.toHaveBeenCalled()
})

test('with every message lost the polls tell within a second', async () => {
  await start(3, { messages: false, pollMs: 500, waitMs: 60_000 })
  await openForAll()
  await forceBreaker(redis.redis, 'soap', 'closed')
  await until('it is closed for all', allAre('closed'), 1_000)
})

test('lets exactly one probe through in a fleet of ten, however often they ask', async () => {
  await start(10)
  await openForAll()
  const probe = held<string>()
  const reached = vi.fn(probe.run)
  const asking = setInterval(() => {
    for (const member of fleet.members)
      if (isProber(member) || reached.mock.calls.length > 0) void call(member, reached)
  }, 10)
  await until('a probe is under way', () => reached.mock.calls.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 600))
  clearInterval(asking)
  expect(reached).toHaveBeenCalledTimes(1)
  expect((await status()).state).toBe('half-open')

  probe.resolve('answer')
  await until('it is closed for all', allAre('closed'), 1_000)
})

test('a request that was taken up as the probe leaves no room for a second before its call begins', async () => {
  await start(2)
  await openForAll()
  // Two calls from before still hang.
  const prober = () => fleet.members.find((member) => member.room(2, 8) === 1)
  await until('somebody may probe', () => prober() !== undefined)
  const [rooms, member] = [[3, 2, 3, 1, 2], prober()]
  expect(rooms.map((inFlight) => member?.room(inFlight, 8))).toEqual([0, 1, 0, 1, 0])
})

test('a failed probe keeps it open for another wait, whoever makes the next', async () => {
  await start(4, { waitMs: 300 })
  await openForAll()
  const before = await status()
  const prober = await untilSomebodyProbes(fleet.members)
  const beforeMs = await redisTime(redis.redis)
  await call(prober, unwell)
  expect(await status()).toMatchObject({ state: 'open', since: before.since })
  const dueAt = Number(await redis.redis.hget(fleetKeys.breaker('soap'), 'probeAt'))
  expect(dueAt).toBeGreaterThanOrEqual(beforeMs + 300)
  const next = await untilSomebodyProbes(fleet.members)
  expect(await redisTime(redis.redis)).toBeGreaterThanOrEqual(dueAt)
  await call(next, well)
  await until('it is closed for all', allAre('closed'), 1_000)
})

test.each([
  ['an error of Redis in the limiter', async () => Promise.reject(new Error('Connection is closed.'))],
  ['our own shutdown', failWith('cancelled')],
  ['a request that was never sent', failWith('no-credentials')],
])('a probe that showed nothing (%s) neither closes it nor makes the next one wait', async (_, silent) => {
  await start(2, { waitMs: 1_000 })
  await openForAll()
  await call(await untilSomebodyProbes(fleet.members), silent)
  // The next one may have come by now.
  expect((await status()).state).toMatch(/^(half-)?open$/)
  const dueAt = await redis.redis.hget(fleetKeys.breaker('soap'), 'probeAt')
  expect(Number(dueAt)).toBeLessThanOrEqual(await redisTime(redis.redis))
  await until('the next may probe', () => fleet.members.some(isProber))
})

test('throttled as a probe, the upstream is back', async () => {
  await start(2)
  await openForAll()
  await call(await untilSomebodyProbes(fleet.members), failWith('throttled'))
  expect((await status()).state).toBe('closed')
})

test('when the prober is killed its lease runs out and another probes; its late result changes nothing', async () => {
  const members = await start(3, { leaseMs: 300 })
  await openForAll()
  const killed = await untilSomebodyProbes(members)
  const { run, resolve } = held<string>()
  const late = vi.fn(run)
  const probing = call(killed, late)
  await until('its probe is under way', () => late.mock.calls.length > 0)
  const { epoch } = await status()
  killed.kill()

  const survivors = members.filter((member) => member !== killed)
  const next = await untilSomebodyProbes(survivors)
  expect((await status()).epoch).toBeGreaterThan(epoch)
  resolve('answer')
  await probing
  await call(next, unwell)
  expect((await status()).state).toBe('open')
  await call(await untilSomebodyProbes(survivors), well)
  await until('it is closed', () => survivors.every(({ state }) => state === 'closed'), 1_000)
})

test('a prober that was stopped and wakes late moves nothing with the result of an older epoch', async () => {
  await start(2)
  await openForAll()
  const stopped = createSharedState({ redis: redis.redis, form: 'soap', worker: 'stopped' })
  const says = {
    failingIn: undefined,
    keeps: undefined,
    wouldProbe: true,
    reportMs: 1,
    waitMs: 1,
    leaseMs: 200,
  }
  let its = await stopped.sync(says)
  await until('it may probe', async () => {
    its = await stopped.sync(says)
    return its.mine
  })

  const next = await untilSomebodyProbes(fleet.members)
  expect(await stopped.settle(its.epoch, 'well', 1)).toMatchObject({ state: 'half-open', changed: undefined })
  await call(next, well)
  expect(await stopped.settle(its.epoch, 'unwell', 1)).toMatchObject({ state: 'closed', changed: undefined })
  expect(await fleet.alerts()).toHaveLength(2)
})

test('a probe that has changed hands and come back is moved by its newest holding only', async () => {
  await start(0)
  await forceBreaker(redis.redis, 'soap', 'open')
  await forceBreaker(redis.redis, 'soap', 'automatic')
  const worker = createSharedState({ redis: redis.redis, form: 'soap', worker: 'twice' })
  const says = {
    failingIn: undefined,
    keeps: undefined,
    wouldProbe: true,
    reportMs: 1,
    waitMs: 1,
    leaseMs: 1,
  }
  const first = await worker.sync(says)
  await until('it has it anew', async () => (await worker.sync(says)).epoch > first.epoch)
  expect(await worker.settle(first.epoch, 'well', 1)).toMatchObject({ state: 'half-open', mine: true })
})

test('a prober whose lease lapsed before its request came asks Redis first, and sends nothing', async () => {
  // Polls too rarely to renew it: as a process that was stopped.
  await start(2, { pollMs: 60_000, leaseMs: 100 })
  await forceBreaker(redis.redis, 'soap', 'open')
  await until('all know', () =>
    fleet.members.every(({ room, state }) => room(0, 8) === 0 && state === 'open'),
  )
  await forceBreaker(redis.redis, 'soap', 'automatic')
  const prober = await untilSomebodyProbes(fleet.members)
  const other = createSharedState({ redis: redis.redis, form: 'soap', worker: 'other' })
  const says = { failingIn: undefined, keeps: undefined, wouldProbe: true, reportMs: 1, waitMs: 1 }
  await until('another has it', async () => (await other.sync({ ...says, leaseMs: 60_000 })).mine)

  const run = vi.fn(well)
  expect(await call(prober, run)).toEqual(['UpstreamUnavailable'])
  expect(run).not.toHaveBeenCalled()
})

test('late results of calls from before move nothing: no failure re-opens, no success closes', async () => {
  const [first, second] = await start(2)
  const bad = Array.from({ length: 6 }, () => held<string>())
  const good = held<string>()
  const late = [...bad.map(({ run }, index) => call(index % 2 ? first : second, run)), call(first, good.run)]
  await openForAll()
  good.resolve('answer')
  await late.at(-1)
  expect([(await status()).state, first.room(0, 8)]).toEqual(['open', 0])

  await call(await untilSomebodyProbes(fleet.members), well)
  await until('it is closed for all', allAre('closed'), 1_000)
  for (const { reject } of bad) reject(timedOut)
  await Promise.all(late)
  await severalPolls()
  expect(await status()).toMatchObject({ state: 'closed', reporters: 0 })
  expect(states()).toEqual(['closed', 'closed'])
})

test('after closing each process ramps: 1, 2, 4, …', async () => {
  const [first, second] = await start(2)
  await openForAll()
  await call(await untilSomebodyProbes(fleet.members), well)
  await until('it is closed for all', allAre('closed'), 1_000)
  expect([first.room(0, 8), second.room(0, 8), first.room(1, 8)]).toEqual([1, 1, 0])
  await call(first, well)
  expect(first.room(0, 8)).toBe(2)
  await call(first, well, 2)
  expect(first.room(0, 8)).toBe(4)
  await call(first, well, 4)
  expect([first.room(0, 8), second.room(0, 8)]).toEqual([8, 1])
})

test('an operator’s open outlasts successes and waits, and ends in a probe; a forced close outlasts failures', async () => {
  const [first, second] = await start(2)
  const running = held<string>()
  const underWay = call(first, running.run)
  await forceBreaker(redis.redis, 'soap', 'open')
  await until('it is open for all', allAre('open'), 1_000)
  running.resolve('answer')
  expect(await underWay).toEqual(['none'])
  // Longer than the wait: nobody may probe.
  const until500 = performance.now() + 500
  await until('a while has passed', () => {
    expect(fleet.members.some(isProber)).toBe(false)
    return performance.now() > until500
  })
  expect(await status()).toMatchObject({ state: 'open', forced: 'open' })

  await forceBreaker(redis.redis, 'soap', 'automatic')
  await call(await untilSomebodyProbes(fleet.members), well)
  expect((await status()).forced).toBeUndefined()
  await until('it is closed for all', allAre('closed'), 1_000)

  await forceBreaker(redis.redis, 'soap', 'closed')
  await until('all know', () => first.room(0, 8) === 8 && second.room(0, 8) === 8, 1_000)
  for (const member of fleet.members)
    expect(await call(member, unwell, 9)).not.toContain('UpstreamUnavailable')
  expect(await status()).toMatchObject({ state: 'closed', forced: 'closed' })
})

test('a probe that an operator has overtaken changes nothing', async () => {
  await start(2)
  await openForAll()
  const answer = held<string>()
  const run = vi.fn(answer.run)
  const probing = call(await untilSomebodyProbes(fleet.members), run)
  await until('its probe is under way', () => run.mock.calls.length > 0)
  await forceBreaker(redis.redis, 'soap', 'open')
  answer.resolve('answer')
  await probing
  expect(await status()).toMatchObject({ state: 'open', forced: 'open' })
})

test('a long outage is one alert and one log line at its start, and one at its end', async () => {
  await start(5, { waitMs: 50 })
  await openForAll()
  for (let probed = 0; probed < 6; probed += 1)
    await call(await untilSomebodyProbes(fleet.members), probed % 3 ? unwell : failWith('cancelled'))
  await call(await untilSomebodyProbes(fleet.members), well)
  await until('it is closed for all', allAre('closed'), 1_000)

  expect(await fleet.alerts()).toEqual([
    'breaker started: reported-by-workers',
    'breaker ended: probe-went-well',
  ])
  const told = fleet.lines.filter(({ message }) => message.endsWith('for all workers'))
  expect(told.map(({ severity }) => severity)).toEqual(['ERROR', 'INFO'])
})

test('a worker that leaves gives its probe to another at once', async () => {
  const members = await start(2, { leaseMs: 60_000 })
  await openForAll()
  const leaving = await untilSomebodyProbes(members)
  await leaving.stop()
  await untilSomebodyProbes(members.filter((member) => member !== leaving))
})

test('a worker whose loop no longer asks loses the probe to one that does', async () => {
  const members = await start(2, { leaseMs: 200 })
  await openForAll()
  const idle = await untilSomebodyProbes(members)
  const others = members.filter((member) => member !== idle)
  await until('another may probe', () => others.some(isProber), 6_000)
})

test('a Redis that forgot everything is a closed breaker, and workers follow', async () => {
  await start(2, { waitMs: 60_000 })
  await openForAll()
  await severalPolls()
  await redis.redis.del(fleetKeys.breaker('soap'))
  await until('it is closed for all', allAre('closed'), 1_000)
})
