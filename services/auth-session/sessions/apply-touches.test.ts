import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { connectReader, disconnect, untilReady } from '#lib/redis/connect.ts'
import { type AuthFixture, startAuth } from '../testing/auth-fixture.ts'
import { applyTouches, type Touches, touchBlockMs } from './apply-touches.ts'
import type { SessionStore } from './session-store.ts'

let auth: AuthFixture
let touches: Touches
let reader: ReturnType<typeof connectReader>

beforeEach(async () => {
  auth = await startAuth()
  await openReader()
  touches = start()
})
afterEach(async () => {
  await touches.stop()
  disconnect(reader)
  await auth.stop()
})

async function openReader(): Promise<void> {
  reader = connectReader({ url: auth.url, name: 'touches' }, touchBlockMs, { onError: () => {} })
  await untilReady(reader)
}

const start = (sessions: Pick<SessionStore, 'touch'> = auth.deps.sessions) =>
  applyTouches({
    redis: auth.redis,
    reader,
    sessions,
    logger: auth.deps.logger,
    now: auth.deps.now,
  })

async function aging() {
  const user = await auth.user()
  const session = await auth.deps.sessions.open('north', user.id, 'aal1')
  if (!session) throw new Error('no session')
  const key = `{p:north}:session:${session.tokenHash}`
  await auth.redis.hset(key, 'activeAt', Date.now() - auth.config.IDLE_TIMEOUT_MS + 60_000)
  await auth.redis.pexpire(key, 60_000)
  return { ...session, key }
}
const isYoung = async (key: string) => (await auth.redis.pttl(key)) > 800_000

describe('activity that a guard reports', () => {
  test('moves the session’s idle expiry on', async () => {
    const { token, key } = await aging()
    await auth.deps.guard.check(token, { activity: true })
    await until('the session is young again', () => isYoung(key))
    expect(touches.healthy()).toBe(true)
  })

  test('counts from when it was, not from when it is applied', async () => {
    const { tokenHash, key } = await aging()
    const at = Date.now() - 300_000
    await auth.redis.xadd('touches', `${at}-1`, 'p', 'north', 'h', tokenHash)
    await until('the session is younger', async () => (await auth.redis.pttl(key)) > 500_000)
    expect(await auth.redis.pexpiretime(key)).toBe(at + auth.config.IDLE_TIMEOUT_MS)
  })

  test('never brings a session back that ended meanwhile', async () => {
    const ended = await aging()
    const other = await aging()
    await auth.deps.sessions.end('north', ended.tokenHash)
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', ended.tokenHash)
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', other.tokenHash)
    await until('the later touch is applied', () => isYoung(other.key))
    expect(await auth.redis.exists(ended.key)).toBe(0)
  })

  test('is left out where it is malformed, and what follows is applied', async () => {
    const { tokenHash, key } = await aging()
    await auth.redis.xadd('touches', '*', 'p', 'no practice!', 'h', tokenHash)
    await auth.redis.xadd('touches', '*', 'x', 'y')
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', tokenHash)
    await until('the good touch is applied', () => isYoung(key))
  })
})

describe('the loop', () => {
  test('makes its group anew when the stream is gone', async () => {
    const before = await aging()
    await auth.deps.guard.check(before.token, { activity: true })
    await until('the first touch is applied', () => isYoung(before.key))
    await auth.redis.flushall()
    const after = await aging()
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', after.tokenHash)
    await until('a touch is applied', () => isYoung(after.key))
  })

  test('goes on after Redis was killed and came back', async () => {
    const { tokenHash, key } = await aging()
    await auth.crash()
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', tokenHash)
    await until('a touch is applied', () => isYoung(key))
    expect(auth.lines.join('')).toContain('touches are applied again')
  })

  test.each([
    ['applies what it had read when Redis went away', () => auth.redis.disconnect(true), 2],
    ['passes over what can never be applied', (key: string) => auth.redis.set(key, 'no session'), 1],
  ])('%s', async (_, spoil, tries) => {
    await touches.stop()
    const { tokenHash, key } = await aging()
    const touched: string[] = []
    await openReader()
    touches = start({
      async touch(practiceId, hash, at) {
        touched.push(hash)
        if (touched.length === 1) await spoil(key)
        return auth.deps.sessions.touch(practiceId, hash, at)
      },
    })
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', tokenHash)
    await until('it goes on', () => auth.lines.join('').includes('touches are applied again'))
    expect(touched).toEqual(Array.from({ length: tries }, () => tokenHash))
  })

  test('notices a Redis that went silent, says so, and goes on with it', async () => {
    const { tokenHash, key } = await aging()
    await until('the loop reads', () => touches.healthy())
    const { process } = auth.server().child
    process.kill('SIGSTOP')
    try {
      await until('the loop says that it fails', () =>
        auth.lines.join('').includes('touches are not applied'),
      )
      auth.clock.advance(60_000)
      expect(touches.healthy()).toBe(false)
    } finally {
      process.kill('SIGCONT')
    }
    await until('Redis answers', async () => (await auth.redis.ping().catch(() => '')) === 'PONG')
    await auth.redis.xadd('touches', '*', 'p', 'north', 'h', tokenHash)
    await until('a touch is applied', () => isYoung(key))
    expect(touches.healthy()).toBe(true)
  }, 20_000)

  test('waits between tries where it may not make its group', async () => {
    await auth.redis.call('ACL', 'SETUSER', 'default', '-xgroup')
    await auth.redis.del('touches')
    await until('the loop says that it fails', () => auth.lines.join('').includes('touches are not applied'))
    const reads = async () =>
      Number(/cmdstat_xreadgroup:calls=(\d+)/.exec(await auth.redis.info('commandstats'))?.[1])
    const before = await reads()
    await until('the loop tries again', async () => (await reads()) > before + 2)
    expect((await reads()) - before).toBeLessThan(10)
    await auth.redis.call('ACL', 'SETUSER', 'default', '+xgroup')
    await until('the loop goes on', () => auth.lines.join('').includes('touches are applied again'))
  })

  test('is not healthy before its first read', async () => {
    await touches.stop()
    expect(start().healthy()).toBe(false)
  })
})
