import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../../../lib/processes/child.ts'
import { freePort } from '../../../lib/processes/free-port.ts'
import { untilAnswers } from '../../../lib/processes/wait.ts'
import { lavishRates } from '../../../lib/testing/lavish-rates.ts'
import { endWithUs } from '../harness/end-with-us.ts'
import { ownPeers } from '../harness/peer-packages.ts'
import { cores, pinned } from '../harness/pinning.ts'
import { benchKey } from '../queue/ours.ts'

export type Side = 'ours' | 'peer'

export interface Server {
  readonly child: Child
  readonly port: number
  readonly url: string
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const key = benchKey.toString('base64')
const { PATH = '', HOME = '' } = process.env

/** As an operator sets it, but for limits that nobody reaches; like the peer it writes no line for each request. */
const ourEnvironment = {
  PHI_KEY: key,
  AUDIT_KEY: key,
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  ...lavishRates,
}

const secretsOf = {
  'auth-session': { PASSWORD_PEPPER: key, LOGIN_INDEX_KEY: key },
  'stream-sse': {},
} as const

/** A service itself, as it is deployed, on the program's core; `env` says more. */
export async function startService(
  service: keyof typeof secretsOf,
  redisUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await freePort()
  const [command, ...args] = pinned(cores.program, [process.execPath, `services/${service}/server.ts`])
  const own = { PORT: String(port), REDIS_URL: redisUrl }
  const child = startChild(command, args, {
    cwd: root,
    env: { PATH, HOME, TZ: 'UTC', ...ourEnvironment, ...secretsOf[service], ...env, ...own },
  })
  return whenReady(child, port, '/readyz')
}

export const startOurs = (redisUrl: string, env?: Readonly<Record<string, string>>): Promise<Server> =>
  startService('auth-session', redisUrl, env)

export async function startPeer(redisUrl: string): Promise<Server> {
  const port = await freePort()
  const script = fileURLToPath(new URL('./serve-better-auth.ts', ownPeers))
  const [command, ...args] = pinned(cores.program, [
    process.execPath,
    script,
    JSON.stringify({ redisUrl, port }),
  ])
  // As its operator would, too: it does less on each request then.
  return whenReady(startChild(command, args, { env: { PATH, HOME, NODE_ENV: 'production' } }), port, '/ready')
}

async function whenReady(child: Child, port: number, path: string): Promise<Server> {
  endWithUs(child)
  const url = `http://127.0.0.1:${port}`
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  await untilAnswers(`${url}${path}`).catch((cause: unknown) => {
    throw new Error(`the server did not start:\n${lines.slice(-10).join('\n')}`, { cause })
  })
  return { child, port, url }
}
