import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { readBreaker } from '../breaker/shared-state.ts'
import { createAnswerAtIntake } from '../cache/answer-at-intake.ts'
import type { TebraProxyWorkerConfig } from '../config.ts'
import type { TebraGround } from '../tebra-ground.ts'
import { inlineBytesMax } from '../worker/start-worker.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { createRequestDesk } from './request-desk.ts'

/** What the intake's routes need, but for who may use them. */
export function openIntake(
  ground: ServiceGround,
  tebra: TebraGround,
  config: TebraProxyWorkerConfig,
): Omit<IntakeDeps, 'signedIn'> {
  const { redis } = ground
  const { partitions, confirmDurable, upstream } = tebra
  const { form } = upstream
  const limits = { retentionMs: config.RETENTION_MS, inlineBytesMax }
  return {
    ...ground,
    ...tebra,
    desk: createRequestDesk({
      redis,
      partitions,
      cipher: ground.cipher,
      laneKey: config.PHI_KEY,
      limits: {
        queueBytesMax: config.QUEUE_BYTES_MAX,
        retentionMs: config.RETENTION_MS,
        practiceShare: config.PRACTICE_SHARE,
      },
    }),
    answerFromCache: createAnswerAtIntake({
      ...ground,
      ...tebra,
      form,
      breaker: () => readBreaker(redis, form),
      probeEveryMs: config.BREAKER_WAIT_MS,
      limits,
    }),
    confirmDurable: (practiceId, ...ids) => confirmDurable(...ids.map(partitions.of(practiceId).request)),
    form,
    practices: tebra.practices.map(({ practiceId }) => practiceId),
    operatorPractice: config.OPERATOR_PRACTICE,
  }
}
