import { parseArgs } from 'node:util'
import { v7 as uuidv7 } from 'uuid'
import { createAuditLog } from '#lib/audit/audit-log.ts'
import { CommonConfig, QueuePartitions, readConfig } from '#lib/config/read-config.ts'
import type { AuditAction } from '#lib/contract/audit.ts'
import { chooseKeyWrapper } from '#lib/crypto/choose-key-wrapper.ts'
import { createDataKeyDesk } from '#lib/crypto/data-key-desk.ts'
import { createDataKeys } from '#lib/crypto/data-keys.ts'
import { createFieldCipher } from '#lib/crypto/field-cipher.ts'
import { createRenewPractice } from '#lib/crypto/renew-practice.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { type CommandDeps, UsageError } from '../run-command.ts'

const usage = `npm run keys -- <command>, with the services' environment and the operator's REDIS_URL:
  status [practice]                    keys of each practice, their use, and which are due
  rotate <practice> | --due            a new data key; what outlives retention is put under it
  rewrap [practice]                    wrap data keys by the present PHI_KEY or PHI_KMS_KEY
  shred <practice> --confirm <practice> --reason "…"
                                       delete a practice's keys: nothing of it can be read again`

const Config = CommonConfig.pick({
  ENVIRONMENT: true,
  REDIS_URL: true,
  REDIS_TOPOLOGY: true,
  REDIS_SENTINEL_NAME: true,
  PHI_KEY: true,
  PHI_KEY_PREVIOUS: true,
  PHI_KMS_KEY: true,
  AUDIT_KEY: true,
}).extend({ QUEUE_PARTITIONS: QueuePartitions })

/**
 * What an operator does with data keys, audited in each practice's chain. Every command may be repeated. Throws
 * `UsageError`, `ConfigError`, or what stopped it half-way.
 */
export async function operateKeys(args: readonly string[], deps: CommandDeps): Promise<void> {
  const { command, practice, due, reason } = read(args)
  const config = readConfig(Config, deps.env)
  const redis = connectCommands(redisAt(config, 'keys'), { onError: () => {} })
  try {
    await untilReady(redis)
    const base = { redis, now: deps.now, wrapper: chooseKeyWrapper(config, { fetch, now: deps.now }) }
    const desk = createDataKeyDesk(base)
    const cipher = createFieldCipher({ dataKeys: createDataKeys(base), environment: config.ENVIRONMENT })
    const renew = createRenewPractice({
      redis,
      cipher,
      partitions: createPartitions(config.QUEUE_PARTITIONS),
    })
    const audit = createAuditLog({ redis, key: config.AUDIT_KEY, source: 'operator', now: deps.now })
    const record = (action: AuditAction, practiceId: string, outcome: 'success' | 'failure') =>
      audit.append({
        action,
        actor: 'operator',
        practiceId,
        entity: `DataKeys/${practiceId}`,
        outcome,
        requestId: uuidv7(),
        ...(reason !== undefined && { reason }),
      })
    const audited = async (
      action: AuditAction,
      practiceId: string,
      change: () => Promise<string>,
    ): Promise<void> => {
      const said = await change().catch(async (error: unknown) => {
        await record(action, practiceId, 'failure')
        throw error
      })
      await record(action, practiceId, 'success')
      deps.say(`${practiceId}: ${said}`)
    }
    const practices = practice === undefined ? await desk.practices() : [practice]

    switch (command) {
      case 'status':
        for (const one of practices) deps.say(JSON.stringify(await desk.status(one)))
        return
      case 'rotate':
        for (const one of practices)
          if (!due || (await desk.status(one)).due)
            await audited('data-key.rotate', one, async () => {
              const kid = await desk.rotate(one)
              const { users, deadLetters } = await renew(one)
              return `key ${kid} is current; renewed ${users} fields of users, ${deadLetters} of dead letters`
            })
        return
      case 'rewrap':
        for (const one of practices)
          await audited('data-key.rewrap', one, async () => `${await desk.rewrap(one)} keys wrapped anew`)
        return
      case 'shred':
        for (const one of practices)
          await audited('data-key.shred', one, async () => {
            await desk.shred(one)
            return 'keys deleted; within a minute nothing of the practice can be read'
          })
        return
    }
  } finally {
    disconnect(redis)
  }
}

const commands = ['status', 'rotate', 'rewrap', 'shred'] as const

function read(args: readonly string[]) {
  const { values, positionals } = parsed(args)
  const { due, confirm, reason } = values
  const [name, practice, ...rest] = positionals
  const command = commands.find((known) => known === name)
  const wrong =
    command === undefined ||
    rest.length > 0 ||
    (command === 'rotate' && due === (practice !== undefined)) ||
    (command !== 'rotate' && due) ||
    (command === 'shred' && practice === undefined)
  if (wrong) throw new UsageError(usage)
  if (command === 'shred' && (confirm !== practice || !reason))
    throw new UsageError('To shred a practice, name it again with --confirm and give a --reason.')
  return { command, practice, due, reason }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        due: { type: 'boolean', default: false },
        confirm: { type: 'string' },
        reason: { type: 'string' },
      },
    })
  } catch {
    throw new UsageError(usage)
  }
}
