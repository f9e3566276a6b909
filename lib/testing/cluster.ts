import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '#lib/processes/free-port.ts'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { infoField } from '#lib/redis/health.ts'
import { clusterSettings } from '../../deploy/redis/settings.ts'
import type { RedisAddress } from './redis.ts'

const slotCount = 16_384

/** One master of a test's Cluster, and a connection to it alone. */
export interface ClusterNode {
  readonly redis: RedisClient
  readonly server: () => RedisServer
  /** Kills it with −9. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** A slot that two masters share for now. */
export interface HalfMove {
  /** What it holds, on either side: names, and their values as DUMP tells them. */
  content(): Promise<Map<string, string>>
  /** Moves the rest. */
  end(): Promise<void>
}

/** A Redis Cluster of the test's own, of masters only: what one of them holds is away while it is. */
export interface TestCluster extends RedisAddress {
  readonly redis: RedisClient
  readonly nodes: readonly ClusterNode[]
  /** The master that has the key now. */
  nodeOf(key: string): Promise<ClusterNode>
  /**
   * Moves the key's slot, with all that is in it, to another master, as a resharding does while clients work: some keys
   * at a time, with `pauseMs` in between.
   */
  moveSlotOf(key: string, to: ClusterNode, pauseMs?: number): Promise<void>
  /** Leaves such a move half done, with those of the slot's keys at another master. */
  moveInPart(key: string, moves: (name: string) => boolean): Promise<HalfMove>
  stop(): Promise<void>
}

interface Options {
  readonly masters?: number
  readonly aclFile?: string
  /** `user:password` of who may do everything, where there is an ACL file. */
  readonly operator?: string
  readonly settings?: Readonly<Record<string, string>>
}

export async function startTestCluster(options: Options = {}): Promise<TestCluster> {
  const { masters = 3, operator } = options
  const folder = await mkdtemp(join(tmpdir(), 'cluster-test-'))
  const login = operator === undefined ? '' : `${operator}@`
  const started = await Promise.all(
    Array.from({ length: masters }, (_, index) => startNode(join(folder, `node-${index}`), login, options)),
  )
  await formCluster(started)

  const hosts = started.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const url = `redis://${login}${hosts}`
  const redis = connectCommands({ url, topology: 'cluster', name: 'test' }, { onError: () => {} })
  await untilReady(redis)

  const slotOf = (key: string) => started[0]?.redis.cluster('KEYSLOT', key) as Promise<number>
  const nodeOf = async (key: string): Promise<StartedNode> => {
    const slot = await slotOf(key)
    const alive = started.find((node) => node.redis.status === 'ready')
    const slots = (await alive?.redis.cluster('SLOTS')) ?? []
    const owner = slots.find(([from, to]) => slot >= from && slot <= to)?.[2]?.[1]
    const node = started.find(({ port }) => port === owner)
    if (!node) throw new Error(`no master has slot ${slot}`)
    return node
  }

  const beginMove = async (key: string, to: ClusterNode) => {
    const slot = await slotOf(key)
    const from = await nodeOf(key)
    const target = started.find((node) => node === to)
    if (!target || target === from) throw new Error('the slot is there, or nowhere')
    const [fromId, toId] = await Promise.all([from, target].map((node) => node.redis.cluster('MYID')))
    await target.redis.cluster('SETSLOT', slot, 'IMPORTING', String(fromId))
    await from.redis.cluster('SETSLOT', slot, 'MIGRATING', String(toId))
    const auth = operator === undefined ? [] : ['AUTH2', ...operator.split(':')]
    const migrate = (names: readonly string[]) =>
      from.redis.call('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, ...auth, 'KEYS', ...names)
    return { slot, from, target, migrate }
  }

  const moveSlotOf = async (key: string, to: ClusterNode, pauseMs = 0): Promise<void> => {
    const { slot, from, target, migrate } = await beginMove(key, to)
    for (;;) {
      const names = (await from.redis.cluster('GETKEYSINSLOT', slot, 3)) as string[]
      if (names.length === 0) break
      await migrate(names)
      await sleep(pauseMs)
    }
    const id = String(await target.redis.cluster('MYID'))
    for (const node of [target, from, ...started.filter((other) => other !== target && other !== from)])
      await node.redis.cluster('SETSLOT', slot, 'NODE', id)
  }

  const contentOf = async (slot: number): Promise<Map<string, string>> => {
    const content = new Map<string, string>()
    for (const { redis } of started)
      for (const name of (await redis.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]) {
        // A key of a slot that is on its way is told to who asks so.
        const [, dumped] = (await redis.pipeline().asking().dumpBuffer(name).exec()) ?? []
        if (Buffer.isBuffer(dumped?.[1])) content.set(name, dumped[1].toString('latin1'))
      }
    return content
  }

  return {
    url,
    topology: 'cluster',
    redis,
    nodes: started,
    nodeOf,
    moveSlotOf,
    async moveInPart(key, moves) {
      const owner = await nodeOf(key)
      const to = started.find((node) => node !== owner)
      if (!to) throw new Error('no other master')
      const { slot, from, migrate } = await beginMove(key, to)
      const names = (await from.redis.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]
      await migrate(names.filter(moves))
      return { content: () => contentOf(slot), end: () => moveSlotOf(key, to) }
    },
    async stop() {
      disconnect(redis, ...started.map((node) => node.redis))
      await Promise.all(started.map((node) => node.server().stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface StartedNode extends ClusterNode {
  readonly port: number
  readonly busPort: number
}

async function startNode(folder: string, login: string, options: Options): Promise<StartedNode> {
  const [port, busPort] = await Promise.all([freePort(), freePort()])
  const settings = {
    ...clusterSettings,
    'cluster-port': String(busPort),
    'cluster-announce-ip': '127.0.0.1',
    ...options.settings,
  }
  const start = () =>
    startRedisServer({ folder, port, settings, ...(options.aclFile && { aclFile: options.aclFile }) })
  let server = await start()
  const redis = connectCommands(
    { url: `redis://${login}127.0.0.1:${port}`, name: 'test' },
    { onError: () => {} },
  )
  await untilReady(redis)
  return {
    port,
    busPort,
    redis,
    server: () => server,
    kill: () => server.child.end('SIGKILL'),
    async start() {
      server = await start()
      await untilReady(redis)
    },
  }
}

/** Gives each node its share of the slots, lets them meet and waits until each says that all is well. */
async function formCluster(nodes: readonly StartedNode[]): Promise<void> {
  const [first] = nodes
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((index * slotCount) / nodes.length)
    const to = Math.floor(((index + 1) * slotCount) / nodes.length) - 1
    await node.redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to)
    await node.redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    if (first && node !== first)
      await first.redis.call('CLUSTER', 'MEET', '127.0.0.1', node.port, node.busPort)
  }
  await until('the Cluster is whole', async () => {
    const infos = await Promise.all(nodes.map((node) => node.redis.cluster('INFO')))
    return infos.every(
      (info) =>
        infoField(info, 'cluster_state') === 'ok' && infoField(info, 'cluster_size') === String(nodes.length),
    )
  })
}
