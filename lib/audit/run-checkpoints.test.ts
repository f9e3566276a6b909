import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '#lib/observability/logger.ts'
import { until } from '#lib/processes/wait.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import type { CheckpointSink } from './checkpoint-sink.ts'
import { readState } from './read-chain.ts'
import { runCheckpoints } from './run-checkpoints.ts'
import { type AuditGround, startAuditGround } from './testing/audit-ground.ts'

let ground: AuditGround
beforeAll(async () => {
  ground = await startAuditGround()
})
afterAll(() => ground.stop())

function run(writeCheckpoint: ReturnType<AuditGround['writer']>) {
  const lines: string[] = []
  const logger = createLogger(
    { service: 'test', version: 'test', level: 'info' },
    { write: (line) => lines.push(line) },
  )
  const running = runCheckpoints({ redis: ground.redis, writeCheckpoint, logger, everyMs: 5 })
  const said = (text: string) => lines.filter((line) => line.includes(text)).length
  return { ...running, said }
}

test('every practice that has a chain gets its checkpoints, also one that comes later', async () => {
  await ground.append('north', 3)
  const running = run(ground.writer())
  await ground.append('south', 3)
  const numbered = async (practiceId: string) =>
    (await readState(ground.redis, practiceId)).checkpoint.number > 0
  await until('both have one', async () => (await numbered('north')) && (await numbered('south')))
  await running.stop()
  expect(running.troubled()).toBe(0)
})

test('a broken chain is told once, and does not keep the others from their checkpoints', async () => {
  await ground.append('broken', 5)
  await ground.redis.xdel(auditKeys.log('broken'), '0-2')
  const running = run(ground.writer())
  await until('it is told', () => running.said('the audit chain is broken') > 0)
  await ground.append('sound', 3)
  await until(
    'the other one has a checkpoint',
    async () => (await readState(ground.redis, 'sound')).checkpoint.seq === 3,
  )
  await running.stop()
  expect(running.said('the audit chain is broken')).toBe(1)
  expect(running.troubled()).toBe(1)
  await ground.redis.del(auditKeys.log('broken'), auditKeys.head('broken'))
  await ground.redis.srem('audit-practices', 'broken')
})

test('an archive that is away is told once, and once more when it is back', async () => {
  let away = true
  const sink: CheckpointSink = {
    ...ground.sink,
    async create(name, text) {
      if (away) throw new Error('away')
      return ground.sink.create(name, text)
    },
  }
  await ground.append('patient', 3)
  const running = run(ground.writer({ sink, limits: { keepEntries: 0 } }))
  await until('it is told', () => running.troubled() === 1)
  expect(await ground.redis.xlen(auditKeys.log('patient'))).toBe(3)
  away = false
  await until('it is told again', () => running.said('written again') === 1)
  await running.stop()
  expect(running.said('audit checkpoints are not written')).toBe(1)
  expect(await ground.verify('patient')).toMatchObject({ intact: true, checkpoint: { seq: 3 } })
})
