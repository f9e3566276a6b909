import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../../../lib/processes/child.ts'
import { freePort } from '../../../lib/processes/free-port.ts'
import { untilAnswers } from '../../../lib/processes/wait.ts'
import { endWithUs } from '../harness/end-with-us.ts'
import { startFreshRedis } from '../harness/fresh-redis.ts'
import { ownPeers } from '../harness/peer-packages.ts'
import { cores, pinned } from '../harness/pinning.ts'
import { runProgram } from '../harness/run-program.ts'
import { Seeded } from '../session/seed-input.ts'
import { startService } from '../session/server.ts'
import { centrifugoSettings } from './centrifugo.ts'
import type { NchanFiles } from './nchan.ts'
import { nchanSettings } from './nchan.ts'
import type { PublishInput } from './publish-input.ts'

/** One hub that runs, for one round. */
export interface RunningHub {
  readonly server: Child
  readonly port: number
  readonly path: string
  /** Session headers, where listeners must say who they are. */
  readonly file?: string
  readonly to: PublishInput['to']
  stop(): Promise<void>
}

export type StartHub = () => Promise<RunningHub>

const practiceId = 'practice-0'
const usersPerRun = 50

/** stream-sse itself: sessions are checked, rates counted, openings audited, and events read from Redis and unsealed. */
export const ours =
  (connections: number): StartHub =>
  async () => {
    const [redis, folder] = await Promise.all([startFreshRedis(), mkdtemp(join(tmpdir(), 'bench-events-'))])
    const file = join(folder, 'sessions.json')
    const seed = new URL('../session/seed-ours.ts', import.meta.url)
    const perUser = Math.ceil(connections / usersPerRun)
    await runProgram(
      seed,
      { redisUrl: redis.url, users: usersPerRun, perUser, practices: 1, file },
      { schema: Seeded },
    )
    const max = String(connections * 2 + 200)
    const limits = { STREAMS_MAX: max, STREAMS_PER_USER_MAX: max, STREAMS_PER_PRACTICE_MAX: max }
    const { child, port } = await startService('stream-sse', redis.url, limits)
    return {
      server: child,
      port,
      path: '/events?streams=patients:board',
      file,
      to: { kind: 'bus', redisUrl: redis.url, practiceId },
      async stop() {
        await child.end('SIGKILL')
        await redis.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  }

/** A peer of Bun's, in memory. */
export const onBun =
  (script: string): StartHub =>
  async () => {
    const port = await freePort()
    const file = fileURLToPath(new URL(script, ownPeers))
    return runHub([process.execPath, file, JSON.stringify({ port })], port, '/events', '/publish', '/ready')
  }

/** Mercure's hub, in memory. */
export const mercure =
  (binary: string): StartHub =>
  async () => {
    const port = await freePort()
    return runHub(
      [binary, 'mercure', `127.0.0.1:${port}`],
      port,
      '/.well-known/mercure?topic=board',
      '/publish',
      '/ready',
    )
  }

/** Centrifugo through Redis. A client of its one-way stream says what it listens to in the URL. */
export const centrifugo =
  (binary: string): StartHub =>
  async () => {
    const [redis, port, folder] = await Promise.all([
      startFreshRedis(),
      freePort(),
      mkdtemp(join(tmpdir(), 'bench-centrifugo-')),
    ])
    const config = join(folder, 'config.json')
    await writeFile(config, centrifugoSettings({ port, redisUrl: redis.url }))
    const path = `/connection/uni_sse?cf_connect=${encodeURIComponent('{"subs":{"board":{}}}')}`
    const hub = await runHub([binary, '-c', config], port, path, '/api/publish', '/health', async () => {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    })
    return { ...hub, to: { kind: 'post', url: `http://127.0.0.1:${port}/api/publish`, channel: 'board' } }
  }

/** Centrifuge, the engine of Centrifugo, with its Redis broker. A client of its protocol connects by a command in the URL. */
export const centrifuge =
  (binary: string): StartHub =>
  async () => {
    const [redis, port] = await Promise.all([startFreshRedis(), freePort()])
    const path = `/events?cf_connect=${encodeURIComponent('{"id":1,"connect":{}}')}`
    const command = [binary, 'centrifuge', `127.0.0.1:${port}`, redis.url.replace('redis://', '')] as const
    return runHub(command, port, path, '/publish', '/ready', () => redis.stop())
  }

/** nginx with nchan, through Redis. */
export const nchan =
  (files: NchanFiles): StartHub =>
  async () => {
    const [redis, port, folder] = await Promise.all([
      startFreshRedis(),
      freePort(),
      mkdtemp(join(tmpdir(), 'bench-nchan-')),
    ])
    const config = join(folder, 'nginx.conf')
    await writeFile(config, nchanSettings({ ...files, folder, port, redisUrl: redis.url }))
    return runHub([files.nginx, '-c', config], port, '/events', '/publish', '/ready', async () => {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    })
  }

async function runHub(
  command: readonly [string, ...string[]],
  port: number,
  path: string,
  publishPath: string,
  readyPath: string,
  after: () => Promise<void> = async () => {},
): Promise<RunningHub> {
  const [program, ...args] = pinned(cores.program, command)
  const server = endWithUs(startChild(program, args))
  const lines: string[] = []
  server.onLine((line) => lines.push(line))
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(`${url}${readyPath}`).catch((cause: unknown) => {
    throw new Error(`${command[0]} did not start:\n${lines.slice(-10).join('\n')}`, { cause })
  })
  return {
    server,
    port,
    path,
    to: { kind: 'post', url: `${url}${publishPath}` },
    async stop() {
      await server.end('SIGKILL')
      await after()
    },
  }
}
