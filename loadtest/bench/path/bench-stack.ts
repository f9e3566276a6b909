import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type DemoUser, demoPractice } from '../../../deploy/local/demo-users.ts'
import { type Stack, startStack } from '../../../deploy/local/stack.ts'
import { until } from '../../../lib/processes/wait.ts'
import { lavishRates } from '../../../lib/testing/lavish-rates.ts'
import { queueKeys } from '../../../lib/testing/one-partition.ts'
import { signIn } from '../../sign-in.ts'
import { endWithUs } from '../harness/end-with-us.ts'

const people = 8

/** What an operator of a large clinic group would set; everything else is as it is by default. */
const settings = {
  LIMITER_MARGIN_MS: '0',
  CONCURRENCY: '200',
  PRACTICE_SHARE: '200',
  LOG_LEVEL: 'warn',
}
export const settingsSaid = Object.entries(settings)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ')

export interface BenchStack extends Stack {
  /** Session tokens, each of a user of its own. */
  readonly tokens: readonly string[]
}

/**
 * The real processes with several people signed in. The simulator's limits are switched off before the worker that is
 * measured starts, because a worker learns its intervals from the upstream when it starts.
 */
export async function startBenchStack(): Promise<BenchStack> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-path-'))
  await writeFile(join(folder, 'demo-users.json'), JSON.stringify(Array.from({ length: people }, person)))
  const lines: string[] = []
  const onLine = (source: string, line: string) => {
    lines.push(`${source} ${line}`)
    if (lines.length > 50) lines.shift()
  }
  const stack = await startStack({ folder, onLine, env: { ...settings, ...lavishRates } }).catch(
    (error: unknown) => {
      throw new Error(`the stack did not start:\n${lines.join('\n')}`, { cause: error })
    },
  )
  await fetch(`${stack.simulatorUrl}/control/limits`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ scale: 0 }),
  })
  await restartUnlimited(stack)
  for (const child of [...stack.processes.values(), stack.redis.child]) endWithUs(child)
  const tokens = await Promise.all(stack.users.map((user) => signIn(stack.baseUrl, user)))
  return {
    ...stack,
    tokens,
    async stop() {
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What the first worker learned of the limits is kept for a day; the next one has to ask again, and to have learned. */
async function restartUnlimited(stack: Stack): Promise<void> {
  const redis = new Redis(stack.redisUrl)
  try {
    await stack.processes.get('tebra-proxy-worker')?.end()
    await redis.del(queueKeys.intervals(demoPractice))
    await stack.restart('tebra-proxy-worker')
    const key = queueKeys.intervals(demoPractice)
    await until('the worker has learned the limits', async () => (await redis.exists(key)) === 1)
  } finally {
    redis.disconnect()
  }
}

const person = (_: unknown, index: number): DemoUser => ({
  email: `person-${index}@bench.example`,
  password: `a-password-of-the-benchmark-${index}`,
  practiceId: demoPractice,
  roles: ['front-desk'],
})
