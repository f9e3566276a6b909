import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { DemoUser } from '../deploy/local/demo-users.ts'
import { startStack } from '../deploy/local/stack.ts'
import { lavishRates } from '../lib/testing/lavish-rates.ts'
import { UsageError } from './load-options.ts'

export interface Target {
  readonly baseUrl: string
  readonly users: readonly DemoUser[]
  /** Stops what was started for it. */
  close(): Promise<void>
}

/** What is under test: the origin given, or a whole stack of our own on free ports. */
export async function openTarget(
  baseUrl: string | undefined,
  usersText: string | undefined,
): Promise<Target> {
  if (baseUrl === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'load-'))
    const stack = await startStack({ folder, env: lavishRates })
    const close = async () => {
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    }
    return { baseUrl: stack.baseUrl, users: stack.users, close }
  }
  const users = z.array(DemoUser).parse(JSON.parse(usersText || (await demoUsers())))
  return { baseUrl, users, close: () => Promise.resolve() }
}

const demoUsers = (): Promise<string> =>
  readFile(new URL('../.local/demo-users.json', import.meta.url), 'utf8').catch(() => {
    throw new UsageError('LOAD_USERS is not set and there is no .local/demo-users.json (npm start writes it)')
  })
