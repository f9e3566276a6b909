import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { untilAnswers } from '#lib/processes/wait.ts'
import { aclFile } from '../redis/acl.ts'
import { type DemoUser, demoPractice, demoUsers } from './demo-users.ts'
import type { ServiceName } from './path-table.ts'
import { type LocalSecrets, localSecrets } from './secrets.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const bun = join(root, 'node_modules/.bin/bun')

export interface StackOptions {
  /** Where secrets, demo users and Redis' append-only file are kept. */
  readonly folder: string
  /** The gateway's; a free one where it is not given. */
  readonly port?: number
  readonly onLine?: (source: string, line: string) => void
  /** Further environment variables of all services, e.g. `{ LEASE_MS: '1000' }`. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Stack {
  readonly baseUrl: string
  readonly simulatorUrl: string
  readonly users: readonly DemoUser[]
  readonly redis: RedisServer
  /** Redis as its operator, who may do everything. */
  readonly redisUrl: string
  readonly processes: ReadonlyMap<string, Child>
  /** Where each service itself answers, beside the gateway. */
  readonly urls: Readonly<Record<ServiceName, string>>
  /** Starts a service again that was killed, with the settings it had. */
  restart(service: ServiceName): Promise<void>
  /** Ends everything, services first, Redis last. */
  stop(): Promise<void>
}

/** The whole system on one machine: Redis, simulator, the three services and the gateway, each its own process. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, onLine = () => {} } = options
  await mkdir(folder, { recursive: true })
  const secrets = await localSecrets(folder)
  const { file: usersFile, users } = await demoUsers(folder)
  const processes = new Map<string, Child>()
  const [gatewayPort, simulatorPort, authPort, tebraPort, ssePort] = await Promise.all([
    options.port ?? freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ])
  const baseUrl = `http://localhost:${gatewayPort}`
  const simulatorUrl = local(simulatorPort)
  const urls = {
    'auth-session': local(authPort),
    'tebra-proxy-worker': local(tebraPort),
    'stream-sse': local(ssePort),
  }

  const run = (name: string, script: string, env: Readonly<Record<string, string>>) => {
    const child = startChild(bun, [join(root, script)], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TZ: 'UTC', ...env },
    })
    child.onLine((line) => onLine(name, line))
    processes.set(name, child)
    return child
  }
  const stop = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((child) => child.end('SIGTERM')))
    await redis?.stop()
  }

  let redis: RedisServer | undefined
  try {
    redis = await startRedis(folder, secrets, onLine)
    const redisPort = redis.port
    const common = (name: ServiceName, port: number) => ({
      PORT: String(port),
      HOST: '127.0.0.1',
      REDIS_URL: redisUrl(name, secrets, redisPort),
      PUBLIC_ORIGINS: baseUrl,
      PHI_KEY: secrets.phiKey,
      AUDIT_KEY: secrets.auditKey,
      ...options.env,
    })
    const starts: Record<ServiceName, () => Child> = {
      'auth-session': () =>
        run('auth-session', 'services/auth-session/server.ts', {
          ...common('auth-session', authPort),
          PASSWORD_PEPPER: secrets.passwordPepper,
          LOGIN_INDEX_KEY: secrets.loginIndexKey,
          TRUSTED_PROXIES: '1',
          SEED_USERS_FILE: usersFile,
        }),
      'tebra-proxy-worker': () =>
        run('tebra-proxy-worker', 'services/tebra-proxy-worker/server.ts', {
          TEBRA_UPSTREAM: 'soap',
          TEBRA_URL: `${simulatorUrl}/services/soap/2.1/KareoServices.svc`,
          TEBRA_ACCOUNTS: JSON.stringify({ [demoPractice]: demoAccount }),
          ...common('tebra-proxy-worker', tebraPort),
        }),
      'stream-sse': () => run('stream-sse', 'services/stream-sse/server.ts', common('stream-sse', ssePort)),
    }
    run('simulator', 'loadtest/simulator/server.ts', { PORT: String(simulatorPort) })
    for (const start of Object.values(starts)) start()
    const ready = [...Object.values(urls).map((url) => `${url}/readyz`), `${simulatorUrl}/control/health`]
    await allReady(processes, ready)
    run('gateway', 'deploy/local/gateway.ts', {
      PORT: String(gatewayPort),
      AUTH_SESSION_URL: urls['auth-session'],
      TEBRA_PROXY_WORKER_URL: urls['tebra-proxy-worker'],
      STREAM_SSE_URL: urls['stream-sse'],
    })
    await allReady(processes, [`${baseUrl}/auth/openapi.json`])

    return {
      baseUrl,
      simulatorUrl,
      users,
      redis,
      redisUrl: redisUrl('operator', secrets, redisPort),
      processes,
      urls,
      async restart(service) {
        starts[service]()
        await untilAnswers(`${urls[service]}/readyz`)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The simulator's only account (see loadtest/simulator/accounts.ts). */
const demoAccount = {
  customerKey: 'demo-key',
  user: 'demo@clinic.example',
  password: 'demo-password',
  phpApiKey: 'demo-php-key',
  timeZone: 'America/New_York',
}

async function startRedis(
  folder: string,
  secrets: LocalSecrets,
  onLine: NonNullable<StackOptions['onLine']>,
) {
  const aclPath = join(folder, 'users.acl')
  await writeFile(aclPath, aclFile(secrets.redis), { mode: 0o600 })
  const redis = await startRedisServer({ folder: join(folder, 'redis'), aclFile: aclPath })
  redis.child.onLine((line) => onLine('redis', line))
  return redis
}

const redisUrl = (user: keyof LocalSecrets['redis'], secrets: LocalSecrets, port: number): string =>
  `redis://${user}:${secrets.redis[user]}@127.0.0.1:${port}`

const local = (port: number): string => `http://127.0.0.1:${port}`

/** Waits for every address, but not for a process that has already given up. */
async function allReady(processes: ReadonlyMap<string, Child>, urls: readonly string[]): Promise<void> {
  const gaveUp = [...processes].map(async ([name, child]) => {
    const code = await child.exited
    throw new Error(`${name} ended with ${code} before it was ready; its last lines are above`)
  })
  await Promise.race([Promise.all(urls.map((url) => untilAnswers(url, 30_000))), ...gaveUp])
}
