import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { startRedisServer } from '#lib/processes/redis-server.ts'
import { untilAnswers } from '#lib/processes/wait.ts'
import { aclFile } from '../redis/acl.ts'
import { serverSettings } from '../redis/settings.ts'
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
  /** Of the simulator's rate limits, which a worker learns when it starts; 0 switches them off. */
  readonly limitsScale?: number
  /** Starts another Redis than one server, with the ACL users of this file and the operator's password. */
  readonly startRedis?: (aclFile: string, operatorPassword: string) => Promise<StackRedis>
}

/** Redis as the services are told of it. */
export interface StackRedis {
  /** `host:port`, separated by commas where there are several. */
  readonly hosts: string
  readonly topology?: 'sentinel' | 'cluster'
  readonly sentinelName?: string
  /** The server's process; of several the first. */
  readonly child: Child
  stop(): Promise<void>
}

export interface Stack {
  readonly baseUrl: string
  readonly simulatorUrl: string
  readonly users: readonly DemoUser[]
  readonly redis: StackRedis
  /** Of the audit chains' entries, in base64. */
  readonly auditKey: string
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

  let redis: StackRedis | undefined
  try {
    const aclPath = join(folder, 'users.acl')
    await writeFile(aclPath, aclFile(secrets.redis), { mode: 0o600 })
    const start = options.startRedis ?? (() => startOneRedis(folder, aclPath, onLine))
    redis = await start(aclPath, secrets.redis.operator)
    const { hosts, topology = 'single', sentinelName } = redis
    const common = (name: ServiceName, port: number) => ({
      PORT: String(port),
      HOST: '127.0.0.1',
      REDIS_URL: redisUrl(name, secrets, hosts),
      REDIS_TOPOLOGY: topology,
      ...(sentinelName !== undefined && { REDIS_SENTINEL_NAME: sentinelName }),
      PUBLIC_ORIGINS: baseUrl,
      PHI_KEY: secrets.phiKey,
      AUDIT_KEY: secrets.auditKey,
      ...options.env,
    })
    const starts: Record<ServiceName, () => Child> = {
      'auth-session': () =>
        run('auth-session', 'services/auth-session/server.ts', {
          TRUSTED_PROXIES: '1',
          ...common('auth-session', authPort),
          PASSWORD_PEPPER: secrets.passwordPepper,
          LOGIN_INDEX_KEY: secrets.loginIndexKey,
          SEED_USERS_FILE: usersFile,
          AUDIT_ARCHIVE: join(folder, 'audit'),
          AUDIT_SIGNING_KEY: secrets.auditSigningKey,
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
    run('simulator', 'loadtest/simulator/server.ts', {
      PORT: String(simulatorPort),
      SIMULATOR_LIMITS_SCALE: String(options.limitsScale ?? 1),
    })
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
      auditKey: secrets.auditKey,
      redisUrl: redisUrl('operator', secrets, hosts),
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

async function startOneRedis(
  folder: string,
  aclPath: string,
  onLine: NonNullable<StackOptions['onLine']>,
): Promise<StackRedis> {
  const redis = await startRedisServer({
    folder: join(folder, 'redis'),
    settings: serverSettings,
    aclFile: aclPath,
  })
  redis.child.onLine((line) => onLine('redis', line))
  return { hosts: `127.0.0.1:${redis.port}`, child: redis.child, stop: () => redis.stop() }
}

const redisUrl = (user: keyof LocalSecrets['redis'], secrets: LocalSecrets, hosts: string): string =>
  `redis://${user}:${secrets.redis[user]}@${hosts}`

const local = (port: number): string => `http://127.0.0.1:${port}`

/** Waits for every address, but not for a process that has already given up. */
async function allReady(processes: ReadonlyMap<string, Child>, urls: readonly string[]): Promise<void> {
  const gaveUp = [...processes].map(async ([name, child]) => {
    const code = await child.exited
    throw new Error(`${name} ended with ${code} before it was ready; its last lines are above`)
  })
  await Promise.race([Promise.all(urls.map((url) => untilAnswers(url, 30_000))), ...gaveUp])
}
