import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { infoField } from '#lib/redis/health.ts'
import { replicatedSettings, sentinelFile } from '../../deploy/redis/settings.ts'
import type { RedisAddress } from './redis.ts'
import { startTcpProxy } from './tcp-proxy.ts'

const sentinelName = 'queue'
const downAfterMs = 1_000

/** A primary, one replica that follows it, and three Sentinels that watch both. */
export interface TestSentinel extends RedisAddress {
  readonly sentinelName: string
  readonly primary: RedisServer
  /**
   * From now on the replica follows and gets nothing. Holds for some seconds: Sentinel puts a replica right that does
   * not follow where it should, and from here on it follows through a proxy.
   */
  lag(): Promise<void>
  /** To the server that was the primary at first, and to the one that was the replica. */
  readonly redis: { readonly primary: RedisClient; readonly replica: RedisClient }
  /** Asks the Sentinels for a failover while all is well. */
  failover(): Promise<void>
  /** Starts the first primary again after it was killed; the Sentinels make it follow. */
  restartPrimary(): Promise<void>
  stop(): Promise<void>
}

interface Options {
  readonly aclFile?: string
  /** Of who may do everything, where there is an ACL file. */
  readonly operator?: { readonly name: string; readonly password: string }
}

export async function startTestSentinel(options: Options = {}): Promise<TestSentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'sentinel-test-'))
  const { operator, aclFile } = options
  const login = operator ? `${operator.name}:${operator.password}@` : ''
  const settings = {
    ...replicatedSettings,
    ...(operator && { masteruser: operator.name, masterauth: operator.password }),
  }
  const start = (name: string, more: Readonly<Record<string, string>> = {}, port?: number) =>
    startRedisServer({
      folder: join(folder, name),
      settings: { ...settings, ...more },
      ...(aclFile !== undefined && { aclFile }),
      ...(port !== undefined && { port }),
    })
  const open = async (port: number) => {
    const redis = connectCommands(
      { url: `redis://${login}127.0.0.1:${port}`, name: 'test' },
      { onError: () => {} },
    )
    await untilReady(redis)
    return redis
  }

  let primary = await start('primary')
  const replication = await startTcpProxy(primary.port)
  const replica = await start('replica', {
    replicaof: `127.0.0.1 ${primary.port}`,
    'replica-announce-ip': '127.0.0.1',
  })
  const redis = { primary: await open(primary.port), replica: await open(replica.port) }
  await untilLinked(redis.replica)
  const sentinels = await Promise.all(
    [1, 2, 3].map((n) => startSentinel(join(folder, `sentinel-${n}`), primary.port, operator)),
  )
  await untilKnown(sentinels)

  return {
    url: `redis://${login}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    topology: 'sentinel',
    sentinelName,
    get primary() {
      return primary
    },
    redis,
    async lag() {
      await redis.replica.replicaof('127.0.0.1', replication.port)
      await untilLinked(redis.replica)
      await Promise.all(sentinels.map(({ client }) => client.call('SENTINEL', 'RESET', sentinelName)))
      await untilKnown(sentinels)
      replication.set('black-hole')
    },
    async failover() {
      await sentinels[0]?.client.call('SENTINEL', 'FAILOVER', sentinelName)
    },
    async restartPrimary() {
      replication.set('pass')
      primary = await start('primary', {}, primary.port)
    },
    async stop() {
      disconnect(redis.primary, redis.replica, ...sentinels.map(({ client }) => client))
      await Promise.all(sentinels.map(({ child }) => child.end('SIGKILL')))
      await Promise.all([primary.stop(), replica.stop()])
      await replication.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Sentinel {
  readonly port: number
  readonly child: Child
  readonly client: RedisClient
}

async function startSentinel(
  folder: string,
  primaryPort: number,
  user: Options['operator'],
): Promise<Sentinel> {
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const primary = { host: '127.0.0.1', port: primaryPort }
  const text = sentinelFile({
    ...{ name: sentinelName, port, folder, primary, quorum: 2, downAfterMs },
    ...(user && { user }),
  })
  await writeFile(file, text, { mode: 0o600 })
  const child = startChild('redis-server', [file, '--sentinel'])
  const client = connectCommands({ url: `redis://127.0.0.1:${port}`, name: 'test' }, { onError: () => {} })
  await untilReady(client)
  return { port, child, client }
}

const untilLinked = (replica: RedisClient): Promise<void> =>
  until('the replica follows', async () => {
    const info = await replica.info('replication').catch(() => '')
    return infoField(info, 'master_link_status') === 'up'
  })

const untilKnown = (sentinels: readonly Sentinel[]): Promise<void> =>
  until(
    'the Sentinels know each other and the replica',
    async () => {
      const states = await Promise.all(sentinels.map(({ client }) => knownTo(client)))
      return states.every(({ others, replicas }) => others === 2 && replicas === 1)
    },
    20_000,
  )

async function knownTo(sentinel: RedisClient): Promise<{ others: number; replicas: number }> {
  const flat = (await sentinel.call('SENTINEL', 'MASTER', sentinelName)) as string[]
  const field = (name: string) => Number(flat[flat.indexOf(name) + 1])
  return { others: field('num-other-sentinels'), replicas: field('num-slaves') }
}
