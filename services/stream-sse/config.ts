import { z } from 'zod'
import { CommonConfig, count, milliseconds, QueuePartitions } from '#lib/config/read-config.ts'

export const StreamSseConfig = CommonConfig.extend({
  STREAMS_MAX: count(900).meta({ description: 'open streams on this instance; beyond it 503' }),
  STREAMS_PER_USER_MAX: count(20).meta({ description: 'open streams of one user, on all instances' }),
  STREAMS_PER_PRACTICE_MAX: count(500).meta({
    description: 'open streams of one practice, on all instances',
  }),
  QUEUE_PARTITIONS: QueuePartitions,
  KEEP_ALIVE_MS: milliseconds(15_000).meta({
    description: 'time between two keep-alive comments',
    unit: 'ms',
  }),
  ROTATE_AFTER_MS: milliseconds(50 * 60_000).meta({
    description: 'a stream is ended and resumed after this time, ±10 %, before the platform cuts it',
    unit: 'ms',
  }),
  CONSOLE_FOLDER: z
    .string()
    .optional()
    .meta({ description: 'where the built console lies; empty: beside the service' }),
})
export type StreamSseConfig = z.output<typeof StreamSseConfig>
