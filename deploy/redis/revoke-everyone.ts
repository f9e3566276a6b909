import { v7 as uuidv7 } from 'uuid'
import { createAuditLog } from '#lib/audit/audit-log.ts'
import { CommonConfig, readConfig } from '#lib/config/read-config.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { revokeEveryone } from '../../services/auth-session/sessions/revoke-sessions.ts'

/** `npm run revoke:everyone -- "why"`, with the operator's REDIS_URL and AUDIT_KEY: ends every session there is. */
async function run(reason: string): Promise<number> {
  if (reason.trim().length < 10) throw new Error('npm run revoke:everyone -- "why, in 10 characters or more"')
  const config = readConfig(
    CommonConfig.pick({ REDIS_URL: true, REDIS_TOPOLOGY: true, REDIS_SENTINEL_NAME: true, AUDIT_KEY: true }),
    process.env,
  )
  const redis = connectCommands(redisAt(config, 'revoke-everyone'), { onError: () => {} })
  try {
    await untilReady(redis)
    const audit = createAuditLog({ redis, key: config.AUDIT_KEY, source: 'operator', now: Date.now })
    return await revokeEveryone({ redis, audit }, { actor: 'operator', requestId: uuidv7(), reason })
  } finally {
    disconnect(redis)
  }
}

run(process.argv.slice(2).join(' ')).then(
  (practices) => {
    process.stdout.write(`No session is accepted any more, in ${practices} practices.\n`)
    process.exit(0)
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
