/**
 * Verifies the audit log from outside the services: `verify-command.ts [--archive] [practice …]`. It needs AUDIT_KEY,
 * REDIS_URL and, for checkpoints, AUDIT_ARCHIVE with AUDIT_VERIFY_KEYS or AUDIT_SIGNING_KEY.
 * Ends with 0 where all is intact, 1 where it was called wrongly, 2 where Redis or the archive is away, 3 where
 * something was tampered with.
 */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { ConfigError, readConfig } from '#lib/config/read-config.ts'
import { PracticeId } from '#lib/contract/ids.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { AuthSessionConfig } from '../config.ts'
import { AuditConfig } from './audit-config.ts'
import { openCheckpoints } from './audit-trail.ts'
import { verifyPractices } from './verify-practices.ts'

const exitCodes = { intact: 0, usage: 1, away: 2, tampered: 3 } as const
const say = (line: string) => void process.stdout.write(`${line}\n`)
const complain = (error: unknown) =>
  void process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`)

const Config = AuthSessionConfig.pick({
  REDIS_URL: true,
  REDIS_TOPOLOGY: true,
  REDIS_SENTINEL_NAME: true,
  AUDIT_KEY: true,
}).extend(AuditConfig.shape)

function readCall() {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    options: { archive: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const config = readConfig(Config, process.env)
  const checkpoints = openCheckpoints(config, { fetch, now: Date.now })
  if (values.archive && !checkpoints) throw new ConfigError('--archive needs AUDIT_ARCHIVE')
  return { config, checkpoints, practices: z.array(PracticeId).parse(positionals), archive: values.archive }
}

async function verify({ config, ...call }: ReturnType<typeof readCall>): Promise<number> {
  const redis = connectCommands(redisAt(config, 'verify-audit'), { onError: () => {} })
  try {
    await untilReady(redis)
    const intact = await verifyPractices({ ...call, redis, key: config.AUDIT_KEY }, say)
    return intact ? exitCodes.intact : exitCodes.tampered
  } finally {
    disconnect(redis)
  }
}

const failedWith =
  (code: number) =>
  (error: unknown): number => {
    complain(error)
    return code
  }

const call = await Promise.resolve().then(readCall).catch(failedWith(exitCodes.usage))
process.exit(typeof call === 'number' ? call : await verify(call).catch(failedWith(exitCodes.away)))
