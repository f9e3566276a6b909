import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { readConfig } from '#lib/config/read-config.ts'
import { PracticeId } from '#lib/contract/ids.ts'
import { Role } from '#lib/contract/permissions.ts'
import { openService } from '#lib/lifecycle/open-service.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { createAuthDeps } from '../../services/auth-session/auth-deps.ts'
import { AuthSessionConfig } from '../../services/auth-session/config.ts'
import { importUsers } from '../../services/auth-session/migration/import-users.ts'
import { ExportFormat, readExport } from '../../services/auth-session/migration/read-export.ts'
import { type CommandDeps, UsageError } from '../run-command.ts'

const usage = `npm run users:import -- auth0|firebase <file> --issuer <iss> [options], with auth-session's environment:
  --issuer <iss>         of the provider's ID tokens, to the letter: https://<tenant>.auth0.com/
                         or, of Firebase, that of the project at securetoken.google.com
  --practice <practice>  for users whose app_metadata or custom claims name none
  --roles <role,role>    for users whose app_metadata or custom claims name none
  --write                without it nothing is written: the report says what would be`

const Command = z.object({
  format: ExportFormat,
  file: z.string(),
  issuer: z.url(),
  practice: PracticeId.optional(),
  roles: z.array(Role),
  write: z.boolean(),
})

/**
 * Brings the users of an export over, or says what would be brought. May be repeated. Throws `UsageError`,
 * `ConfigError`, or what stopped it half-way.
 */
export async function operateImport(args: readonly string[], deps: CommandDeps): Promise<void> {
  const { format, file, issuer, practice, roles, write } = read(args)
  const config = readConfig(AuthSessionConfig, deps.env)
  const rows = readExport(format, await readFile(file, 'utf8'))
  const isFirebase = rows.some((row) => row.kind === 'user' && row.user.passwordHash?.startsWith('firebase'))
  if (isFirebase && config.FIREBASE_HASH_CONFIG === undefined)
    throw new UsageError('FIREBASE_HASH_CONFIG is needed to check these passwords at the first sign-in')

  const ground = await openService('users-import', { ...config, LOG_LEVEL: 'error' }, deps.now)
  try {
    const plan = { issuer, practiceId: practice, roles, write, requestId: uuidv7() }
    const { created, alreadyThere, refused } = await importUsers(
      await createAuthDeps(ground, config),
      rows,
      plan,
    )
    deps.say(`${rows.length} rows read`)
    deps.say(`${created} users ${write ? 'created' : 'would be created (nothing was written)'}`)
    deps.say(`${alreadyThere} were there already`)
    deps.say(`${refused.length} refused`)
    for (const { row, fault } of refused) deps.say(`  row ${row}: ${fault}`)
  } finally {
    disconnect(ground.redis)
  }
}

function read(args: readonly string[]): z.infer<typeof Command> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        issuer: { type: 'string' },
        practice: { type: 'string' },
        roles: { type: 'string', default: '' },
        write: { type: 'boolean', default: false },
      },
    })
    const [format, file, ...more] = positionals
    if (more.length > 0) throw new UsageError(usage)
    return Command.parse({ ...values, format, file, roles: values.roles.split(',').filter(Boolean) })
  } catch (error) {
    throw new UsageError(usage, { cause: error })
  }
}
