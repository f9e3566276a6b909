import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditKeys } from '#lib/redis/keys.ts'
import { checkpointName, createCheckpointSigner, sha256 } from './checkpoint.ts'
import type { CheckpointSink } from './checkpoint-sink.ts'
import { eventIn, readPage, readState } from './read-chain.ts'
import { type AuditGround, startAuditGround } from './testing/audit-ground.ts'
import { ChainBroken } from './write-checkpoint.ts'

let ground: AuditGround
let practiceId: string
let practices = 0
beforeAll(async () => {
  ground = await startAuditGround()
})
afterAll(() => ground.stop())
beforeEach(() => {
  practices += 1
  practiceId = `practice-${practices}`
})

const { log, head } = auditKeys
const file = (number: number, practice = practiceId) => join(ground.folder, checkpointName(practice, number))
const state = () => readState(ground.redis, practiceId)

/** Redis as it was, whatever happened since: what somebody with an older snapshot would put back. */
async function snapshot() {
  const names = [log(practiceId), head(practiceId)]
  const dumps = await Promise.all(names.map((name) => ground.redis.dumpBuffer(name)))
  return async () => {
    for (const [at, name] of names.entries()) {
      const dump = dumps[at]
      if (dump) await ground.redis.restore(name, 0, dump, 'REPLACE')
    }
  }
}

async function overwrite(path: string, text: string): Promise<void> {
  await chmod(path, 0o644)
  await writeFile(path, text)
}

/** A sink that stops working at the n-th object, as a process that dies there would. */
function sinkThatDies(at: number): CheckpointSink {
  let created = 0
  return {
    ...ground.sink,
    async create(name, text) {
      created += 1
      if (created > at) throw new Error('died')
      return ground.sink.create(name, text)
    },
  }
}

test('says of the chain how long it is, how it ends, and when, and signs that', async () => {
  await ground.append(practiceId, 7)
  expect(await ground.writer()(practiceId)).toBe('done')
  const checkpoint = await ground.open(await readFile(file(1), 'utf8'))
  const { head } = await state()
  expect(checkpoint).toMatchObject({ version: 1, practiceId, number: 1, previous: '', ...head })
  expect(Math.abs(Date.parse(checkpoint?.recordedAt ?? '') - Date.now())).toBeLessThan(10_000)
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true, entries: 7, checkpoint: { seq: 7 } })
})

test('is due after so many entries, or when the last one is old and the log has grown', async () => {
  const write = ground.writer({ limits: { entriesMax: 5, intervalMs: 60_000 } })
  await ground.append(practiceId, 1)
  expect(await write(practiceId)).toBe('done')
  await ground.append(practiceId, 4)
  expect(await write(practiceId)).toBe('idle')
  await ground.append(practiceId, 1)
  expect(await write(practiceId)).toBe('done')
  expect((await state()).checkpoint).toMatchObject({ number: 2, seq: 6 })
  ground.clock.offsetMs += 120_000
  expect(await write(practiceId)).toBe('idle')
  await ground.append(practiceId, 1)
  expect(await write(practiceId)).toBe('done')
  expect((await state()).checkpoint).toMatchObject({ number: 3, seq: 7 })
})

test('catches up on a long log checkpoint by checkpoint, and the archive has every entry', async () => {
  await ground.append(practiceId, 34)
  const numbers: number[] = []
  await ground.writer({ onWritten: ({ number }) => numbers.push(number) })(practiceId)
  expect(numbers).toEqual([1, 2, 3, 4])
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: true, entries: 34 })
})

test('trims by count, only behind a checkpoint, and what is left still verifies', async () => {
  await ground.append(practiceId, 34)
  await ground.writer({ limits: { keepEntries: 8 } })(practiceId)
  expect(await ground.redis.xlen(log(practiceId))).toBe(8)
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true, entries: 34, trimmed: 26 })
  await ground.append(practiceId, 3)
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true, entries: 37, trimmed: 26 })
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: true, entries: 34 })
})

test('trims by age', async () => {
  await ground.append(practiceId, 12, 'Request/old')
  ground.clock.offsetMs += 3_600_000
  await ground.append(practiceId, 3, 'Request/young')
  await ground.writer({ limits: { keepMs: 60_000 } })(practiceId)
  const { entries } = await readPage(ground.redis, practiceId, 0, 100)
  expect(entries.map((entry) => eventIn(entry)?.entity)).toEqual(Array(3).fill('Request/young'))
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true, trimmed: 12 })
})

test('trims nothing that no checkpoint covers, whatever the limits say', async () => {
  await ground.append(practiceId, 20)
  const dies = ground.writer({ sink: sinkThatDies(0), limits: { keepEntries: 0 } })
  await expect(dies(practiceId)).rejects.toThrow('died')
  expect(await ground.redis.xlen(log(practiceId))).toBe(20)
})

test.each([
  [1, 'the practice’s name'],
  [2, 'the first entries'],
  [3, 'the first checkpoint, before it is noted or anything trimmed'],
])('a writer that dies after %i objects (%s) leaves nothing that the next one cannot finish', async (at) => {
  await ground.append(practiceId, 10)
  // At 3 the note is what fails: Redis refuses it as it would a process that is gone.
  const redis = new Proxy(ground.redis, {
    get(target, name) {
      const own = Reflect.get(target, name)
      if (name !== 'evalsha' || at < 3) return typeof own === 'function' ? own.bind(target) : own
      return (sha: string, ...rest: [number, ...string[]]) => {
        if (rest[0] === 2) throw new Error('died')
        return target.evalsha(sha, ...rest)
      }
    },
  })
  const dies = ground.writer({ sink: sinkThatDies(at), redis, limits: { keepEntries: 2 } })
  await expect(dies(practiceId)).rejects.toThrow('died')
  expect(await ground.redis.xlen(log(practiceId))).toBe(10)
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true, entries: 10 })

  // Meanwhile the log grows: what the next one would write under that number is not what stands there.
  await ground.append(practiceId, 5)
  await ground.redis.del(auditKeys.lease(practiceId))
  await ground.writer({ limits: { keepEntries: 2 } })(practiceId)
  expect(await ground.redis.xlen(log(practiceId))).toBe(2)
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true, entries: 15, trimmed: 13 })
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: true, entries: 15 })
})

test('one process at a time writes a practice’s checkpoints', async () => {
  await ground.append(practiceId, 30)
  const numbers: number[] = []
  const writers = ['a', 'b', 'c', 'd'].map((owner) =>
    ground.writer({ owner, onWritten: ({ number }) => numbers.push(number) }),
  )
  const outcomes = await Promise.all(writers.map((write) => write(practiceId)))
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
  expect(numbers).toEqual([1, 2, 3])
})

test('a writer that was overtaken while it stood still changes nothing any more', async () => {
  await ground.append(practiceId, 10)
  const waiting = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const slow: CheckpointSink = {
    ...ground.sink,
    async create(name, text) {
      if (name.endsWith('.jws')) {
        reached.resolve()
        await waiting.promise
      }
      return ground.sink.create(name, text)
    },
  }
  const stood = ground.writer({ sink: slow, owner: 'slow', limits: { keepEntries: 0 } })(practiceId)
  await reached.promise
  // Its lease runs out, and another process does the work.
  await ground.redis.del(auditKeys.lease(practiceId))
  await ground.append(practiceId, 5)
  expect(await ground.writer({ owner: 'quick' })(practiceId)).toBe('done')
  const before = await state()
  waiting.resolve()
  expect(await stood).toBe('busy')
  expect(await state()).toEqual(before)
  expect(await ground.redis.xlen(log(practiceId))).toBe(15)
})

test('finds the newest entries and the head cut off together', async () => {
  const restore = await (async () => {
    await ground.append(practiceId, 5)
    return snapshot()
  })()
  await ground.append(practiceId, 5)
  await ground.writer()(practiceId)
  await restore()
  // Sound in itself: only the checkpoint tells.
  expect(await ground.verify(practiceId, { sink: { ...ground.sink, list: async () => [] } })).toMatchObject({
    intact: true,
    entries: 5,
  })
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 6, finding: 'truncated' })
})

test('finds the whole chain gone, head included', async () => {
  await ground.append(practiceId, 5)
  await ground.writer()(practiceId)
  await ground.redis.del(log(practiceId), head(practiceId))
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 1, finding: 'truncated' })
})

test('finds an older copy that was written on since, and writes no checkpoint of it', async () => {
  await ground.append(practiceId, 5)
  const restore = await snapshot()
  await ground.append(practiceId, 5)
  await ground.writer()(practiceId)
  await restore()
  await ground.append(practiceId, 20, 'Request/other')
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 10, finding: 'rolled-back' })
  await expect(ground.writer({ limits: { keepEntries: 0 } })(practiceId)).rejects.toEqual(
    new ChainBroken('rolled-back', 10),
  )
  expect(await ground.redis.xlen(log(practiceId))).toBe(25)
})

test('finds the log cut short in the middle of what a checkpoint covers', async () => {
  await ground.append(practiceId, 10)
  await ground.writer()(practiceId)
  const { entries } = await readPage(ground.redis, practiceId, 0, 4)
  await ground.redis.xdel(log(practiceId), ...[5, 6, 7, 8, 9, 10].map((seq) => `0-${seq}`))
  await ground.redis.hset(head(practiceId), { seq: 4, mac: entries[3]?.mac ?? '' })
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 5, finding: 'truncated' })
  await expect(ground.writer()(practiceId)).rejects.toMatchObject({ finding: 'truncated' })
})

test('finds old entries trimmed that no checkpoint covers, whatever the head says of them', async () => {
  await ground.append(practiceId, 10)
  await ground.writer()(practiceId)
  await ground.append(practiceId, 10)
  const { entries } = await readPage(ground.redis, practiceId, 14, 1)
  await ground.redis.xtrim(log(practiceId), 'MINID', '0-16')
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 1, finding: 'gap' })
  await ground.redis.hset(head(practiceId), { base: 15, baseMac: entries[0]?.mac ?? '' })
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 1, finding: 'trimmed' })
})

test('finds a beginning that was made up', async () => {
  await ground.append(practiceId, 20)
  await ground.writer({ limits: { keepEntries: 10 } })(practiceId)
  await ground.redis.hset(head(practiceId), { baseMac: 'A'.repeat(43) })
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 11, finding: 'altered' })
  await ground.redis.hset(head(practiceId), { base: 5 })
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 6, finding: 'gap' })
})

test('finds the chain of another practice in the place of this one, log, head and checkpoints', async () => {
  await ground.append('other', 10)
  await ground.append(practiceId, 10)
  await ground.writer()('other')
  await ground.writer()(practiceId)
  await ground.redis.copy(log('other'), log(practiceId), 'REPLACE')
  await ground.redis.copy(head('other'), head(practiceId), 'REPLACE')
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 1, finding: 'altered' })
  await overwrite(file(1), await readFile(file(1, 'other'), 'utf8'))
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 1, finding: 'checkpoint-forged' })
})

test('finds a checkpoint that somebody else signed, or that was changed after signing', async () => {
  await ground.append(practiceId, 5)
  await ground.writer()(practiceId)
  const text = await readFile(file(1), 'utf8')
  const checkpoint = await ground.open(text)
  if (!checkpoint) throw new Error('not signed')
  const forged = { intact: false, seq: 1, finding: 'checkpoint-forged' }

  await overwrite(file(1), await createCheckpointSigner(Buffer.alloc(32, 1)).sign(checkpoint))
  expect(await ground.verify(practiceId)).toEqual(forged)
  const [header, , signature] = text.split('.')
  const payload = Buffer.from(JSON.stringify({ ...checkpoint, seq: 4 })).toString('base64url')
  await overwrite(file(1), `${header}.${payload}.${signature}`)
  expect(await ground.verify(practiceId)).toEqual(forged)
  const none = Buffer.from('{"alg":"none","typ":"audit-checkpoint+jws"}').toString('base64url')
  await overwrite(file(1), `${none}.${payload}.`)
  expect(await ground.verify(practiceId)).toEqual(forged)
  await overwrite(file(1), '')
  expect(await ground.verify(practiceId)).toEqual(forged)
  await overwrite(file(1), text)
  expect(await ground.verify(practiceId)).toMatchObject({ intact: true })
})

test.each([1, 2, 3])('finds that checkpoint %i of three is missing', async (number) => {
  await ground.append(practiceId, 30)
  await ground.writer()(practiceId)
  await rm(file(number))
  expect(await ground.verify(practiceId)).toEqual({
    intact: false,
    seq: number,
    finding: 'checkpoint-missing',
  })
})

test('finds an older checkpoint put under a newer number', async () => {
  await ground.append(practiceId, 20)
  await ground.writer()(practiceId)
  await overwrite(file(2), await readFile(file(1), 'utf8'))
  expect(await ground.verify(practiceId)).toEqual({ intact: false, seq: 2, finding: 'checkpoint-forged' })
})

test('finds that the archive’s entries were edited, cut, or taken away', async () => {
  await ground.append(practiceId, 20)
  await ground.writer()(practiceId)
  const folder = join(dirname(dirname(file(1))), 'entries')
  const [first = '', second = ''] = (await readdir(folder)).sort().map((name) => join(folder, name))
  const text = await readFile(second, 'utf8')
  await overwrite(second, text.replace('user-1', 'user-2'))
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: false, seq: 11, finding: 'altered' })
  await overwrite(second, text.split('\n').slice(1).join('\n'))
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: false, seq: 11, finding: 'altered' })
  await overwrite(second, text)
  await rm(first)
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: false, seq: 1, finding: 'gap' })
})

test('finds a checkpoint that we signed and that does not follow the one before it', async () => {
  await ground.append(practiceId, 20)
  await ground.writer()(practiceId)
  const checkpoint = await ground.open(await readFile(file(2), 'utf8'))
  if (!checkpoint) throw new Error('not signed')
  await overwrite(file(2), await ground.signer.sign({ ...checkpoint, previous: sha256('another') }))
  expect(await ground.verifyArchive(practiceId)).toEqual({
    intact: false,
    seq: 2,
    finding: 'checkpoint-forged',
  })
})

test('signs nothing that was altered', async () => {
  await ground.append(practiceId, 5)
  await ground.redis.xdel(log(practiceId), '0-3')
  await expect(ground.writer()(practiceId)).rejects.toEqual(new ChainBroken('gap', 3))
  expect(await ground.sink.list(`${practiceId}/`)).toEqual([])
})

test('finds its place again in the archive when Redis forgot which checkpoints there are', async () => {
  await ground.append(practiceId, 20)
  await ground.writer()(practiceId)
  await ground.redis.hdel(head(practiceId), 'cp', 'cpSeq', 'cpMac', 'cpDigest', 'cpAt')
  await ground.append(practiceId, 5)
  await ground.writer()(practiceId)
  expect((await state()).checkpoint).toMatchObject({ number: 3, seq: 25 })
  expect(await ground.verifyArchive(practiceId)).toEqual({ intact: true, entries: 25 })
})

test('stays intact while it is written, checkpointed, trimmed and verified all at once', async () => {
  let going = true
  const work = async (step: () => Promise<unknown>) => {
    while (going) await step()
  }
  await ground.append(practiceId, 5)
  const workers = [
    work(() => ground.append(practiceId, 1)),
    work(() => ground.append(practiceId, 1)),
    work(() => ground.writer({ owner: 'a', limits: { keepEntries: 5 } })(practiceId)),
    work(() => ground.writer({ owner: 'b', limits: { keepEntries: 5 } })(practiceId)),
  ]
  for (let look = 0; look < 40; look += 1)
    expect(await ground.verify(practiceId)).toMatchObject({ intact: true })
  going = false
  await Promise.all(workers)
  expect(await ground.verifyArchive(practiceId)).toMatchObject({ intact: true })
  expect((await state()).base.seq).toBeGreaterThan(0)
})

test('a folder never holds half an object, and gives what it holds to one name once', async () => {
  const name = `${practiceId}/once`
  const outcomes = await Promise.all(
    ['one', 'two', 'three'].map((text) => ground.sink.create(name, text.repeat(10_000))),
  )
  expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
  expect(await ground.sink.list(`${practiceId}/`)).toEqual([name])
  expect((await ground.sink.read(name))?.length).toBeGreaterThanOrEqual(30_000)
  expect(await ground.sink.read(`${practiceId}/nothing`)).toBeUndefined()
})
