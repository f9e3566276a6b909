import type { ActionName } from '#lib/contract/actions.ts'
import type { AuditEvent } from '#lib/contract/audit.ts'
import { SubmitAnswer } from '#lib/contract/requests.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import type { TestRedis } from '#lib/testing/redis.ts'
import type { ClaimedRequest } from '../queue/claimed-request.ts'
import { readNew } from '../queue/deliveries.ts'
import { createRequestQueue, type RequestEnd } from '../queue/request-queue.ts'
import { type Simulator, type StartedProxy, startProxy } from './proxy.ts'

/** An intake without a worker: what happens to its requests, the test does itself, step by step. */
export async function startIntake(
  redis: TestRedis,
  simulator: Simulator,
  env: Record<string, string> = {},
): Promise<Intake> {
  const proxy = await startProxy(redis, simulator, { ROLE: 'intake', ...env })
  const queue = createRequestQueue({
    redis: proxy.ground.redis,
    keys: queueKeys,
    consumer: 'by-hand',
    limits: { retentionMs: 60_000, inlineBytesMax: 1_000 },
  })
  await queue.ensureGroup()

  const claimNext = async (): Promise<ClaimedRequest | undefined> => {
    const [claimed] = await queue.claim(
      await readNew(redis.redis, queueKeys.requests, 'by-hand', { count: 1, blockMs: 1 }),
    )
    return claimed
  }
  const submitAs = async (as: TestSession, action: ActionName, params: object = {}): Promise<string> => {
    const answer = await proxy.post('/tebra/requests', { action, params }, { as })
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${await answer.text()}`)
    return SubmitAnswer.parse(await answer.json()).id
  }
  /** Claims and ends everything that is in the queue, in its order. */
  const endAll = async (end: RequestEnd): Promise<void> => {
    for (let claimed = await claimNext(); claimed; claimed = await claimNext()) {
      await queue.beginAttempt(claimed)
      await queue.finish(claimed, end)
    }
  }

  return {
    ...proxy,
    queue,
    claimNext,
    submitAs,
    endAll,
    async deadLetter(as, action, params = {}, end = exhausted) {
      const id = await submitAs(as, action, params)
      await endAll(end)
      return id
    },
    async audited(practiceId = 'test-clinic') {
      const entries = await redis.redis.xrange(auditKeys.log(practiceId), '-', '+')
      return entries.map(([, fields]) => JSON.parse(fields[3] ?? '') as AuditEvent)
    },
    /** From now on nothing can be appended to the practice's audit chain. */
    breakAudit: async (practiceId = 'test-clinic') => {
      await redis.redis.set(auditKeys.head(practiceId), 'not a hash')
    },
  }
}

export interface Intake extends StartedProxy {
  readonly queue: ReturnType<typeof createRequestQueue>
  claimNext(): Promise<ClaimedRequest | undefined>
  submitAs(as: TestSession, action: ActionName, params?: object): Promise<string>
  endAll(end: RequestEnd): Promise<void>
  /** Submits a request and ends it as a dead letter; → its id. */
  deadLetter(as: TestSession, action: ActionName, params?: object, end?: RequestEnd): Promise<string>
  audited(practiceId?: string): Promise<AuditEvent[]>
  breakAudit(practiceId?: string): Promise<void>
}

export const exhausted: RequestEnd = {
  status: 'dead',
  error: { code: 'attempts-exhausted', message: 'every attempt failed', retryable: true },
}
export const unclear: RequestEnd = {
  status: 'uncertain',
  error: { code: 'unclear-write', message: 'cannot be told', retryable: false },
}
export const appointment = {
  patientId: '10001',
  providerId: '101',
  locationId: '11',
  start: '2026-12-01T15:00:00Z',
  end: '2026-12-01T15:30:00Z',
}
