import { parseArgs } from 'node:util'
import { allowedTarget } from './k6/allowed-target.ts'

export const usage = `npm run load -- smoke|steady|build [options]
  smoke              every action once, one person at a time
  steady             people arrive at a constant rate
  build              only makes k6 with its extension ready
  --base-url ORIGIN  what to put load on; without it a whole stack is started and stopped again
  --rate N           steady: journeys a second (2); from 4 on the vendor's limits are what is measured
  --duration 20s     steady: how long (20s)
A target that is not this machine needs ALLOW_REMOTE=1 and LOAD_USERS, JSON as in .local/demo-users.json.`

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const commands = ['smoke', 'steady', 'build'] as const

export interface LoadOptions {
  readonly command: (typeof commands)[number]
  readonly baseUrl?: string
  /** Settings of the scenario, by the name it reads them under. */
  readonly settings: Readonly<Record<string, string>>
}

/** Reads the command line; throws UsageError with all that is wrong in words. */
export function readLoadOptions(args: readonly string[], allowRemote: string | undefined): LoadOptions {
  const { values, positionals } = parse(args)
  const command = commands.find((known) => known === positionals[0])
  if (!command || positionals.length > 1)
    throw new UsageError(`Say one of ${commands.join(', ')}.\n\n${usage}`)
  if (values.rate !== undefined && !/^[1-9][0-9]{0,4}$/.test(values.rate))
    throw new UsageError(`--rate must be a whole number of journeys a second, not ${values.rate}`)
  if (values.duration !== undefined && !/^[1-9][0-9]*(ms|s|m|h)$/.test(values.duration))
    throw new UsageError(`--duration must be a time like 20s or 5m, not ${values.duration}`)
  return {
    command,
    ...(values['base-url'] !== undefined && { baseUrl: target(values['base-url'], allowRemote) }),
    settings: {
      ...(values.rate !== undefined && { RATE: values.rate }),
      ...(values.duration !== undefined && { DURATION: values.duration }),
    },
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'base-url': text, rate: text, duration: text },
    })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${usage}`)
  }
}

function target(baseUrl: string, allowRemote: string | undefined): string {
  try {
    return allowedTarget(baseUrl, allowRemote)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
