/** One of several writers that append to one practice's log at the same time, many at once. */
import { z } from 'zod'
import { createLogger } from '../../../lib/observability/logger.ts'
import { connectCommands, untilReady } from '../../../lib/redis/connect.ts'
import { readInput } from '../harness/run-program.ts'
import { inFlight } from '../queue/in-flight.ts'
import { auditLogs, LogKind } from './logs.ts'
import { spentOn } from './spent.ts'

const width = 32
const Input = z.object({
  url: z.string(),
  count: z.int(),
  log: LogKind,
  writer: z.int(),
  practiceId: z.string(),
})
const { url, count, log, writer, practiceId } = readInput(Input)
const redis = connectCommands({ url, name: `bench-${writer}` }, { onError: () => {} })
await untilReady(redis)
const logger = createLogger({ service: 'bench', version: 'bench', level: 'silent' })
const audit = auditLogs[log](redis, logger)

const latencies: number[] = []
const spent = await spentOn(redis, [Math.round(count / 5), count], (appends) =>
  inFlight(appends, width, async (index) => {
    const begunAt = performance.now()
    await audit.append({
      action: 'request.submit',
      actor: '0198c0de-0000-7000-8000-000000000001',
      practiceId,
      entity: `Request/${writer}-${appends}-${index}`,
      outcome: 'success',
      requestId: '0198c0de-0000-7000-8000-000000000002',
    })
    latencies.push(performance.now() - begunAt)
  }),
)
console.log(JSON.stringify({ spent, latencies }))
process.exit(0)
